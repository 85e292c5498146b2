// ---- small helpers

const el = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (k === "text") e.textContent = v;
    else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v !== false && v != null) e.setAttribute(k, v === true ? "" : v);
  }
  e.append(...children.filter(c => c != null));
  return e;
};
const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi);
// A value as render.number writes it: three significant digits, and from 1,000 to 100,000 a whole number.
const number = v => {
  if (v == null || isNaN(v)) return "–";
  const size = Math.abs(v), short = Number(v.toPrecision(3));
  if (size >= 999.5 && size < 1e5) return v.toFixed(0);
  if (size >= 1e5 || size > 0 && Math.abs(short) < 1e-4) return short.toExponential().replace(/[+-]\d$/, e => e[0] + "0" + e[1]);
  return String(short);
};
const distinct = list => [...new Set(list)];

// ---- maps

// Float values of the layer's cells, of a volume slice after slice; NaN if a cell has no number.
const decode = m => {
  const bytes = atob(m.values), out = new Float32Array(m.kept[0] * m.kept[1] * (m.slices ? m.slices[0] : 1));
  for (let i = 0; i < out.length; i++) {
    const q = bytes.charCodeAt(2 * i) | bytes.charCodeAt(2 * i + 1) << 8;
    out[i] = q === 65535 ? NaN : m.lo + (m.hi - m.lo) * q / 65534;
  }
  return out;
};

// Bilinear with half-pixel centres, clamped at the edges: output pixel o reads the
// input at (o + 1/2) * n/size - 1/2 (heatmap.Grid.resized).
const taps = (n, size) => Array.from({ length: size }, (_, o) => {
  const at = (o + 0.5) * n / size - 0.5, floor = Math.floor(at);
  return [clamp(floor, 0, n - 1), clamp(floor + 1, 0, n - 1), at - floor];
});
const resized = (values, w, h, W, H) => {
  const xs = taps(w, W), ys = taps(h, H), out = new Float32Array(W * H);
  for (let y = 0; y < H; y++) {
    const [y0, y1, fy] = ys[y];
    for (let x = 0; x < W; x++) {
      const [x0, x1, fx] = xs[x];
      const top = values[y0 * w + x0] * (1 - fx) + values[y0 * w + x1] * fx;
      const bottom = values[y1 * w + x0] * (1 - fx) + values[y1 * w + x1] * fx;
      out[y * W + x] = top * (1 - fy) + bottom * fy;
    }
  }
  return out;
};

// A volume, slice after slice, linear along its slices, too (heatmap.Grid.ResizedLike).
const resizedSlices = (values, [w, h], [W, H], [d, D]) => {
  const planes = Array.from({ length: d }, (_, z) => resized(values.subarray(z * w * h, (z + 1) * w * h), w, h, W, H)), out = new Float32Array(W * H * D);
  taps(d, D).forEach(([z0, z1, f], z) => {
    for (let i = 0; i < W * H; i++) out[z * W * H + i] = planes[z0][i] * (1 - f) + planes[z1][i] * f;
  });
  return out;
};

// The map at the model's input size, as drawn: the positive part, or all of it.
const full = (m, signed) => {
  const key = signed ? "signedFull" : "positiveFull";
  if (!m[key]) {
    m.cells = m.cells || decode(m);
    const values = signed ? m.cells : m.cells.map(v => v < 0 ? 0 : v);
    m[key] = m.slices ? resizedSlices(values, m.kept, m.size, m.slices) : resized(values, m.kept[0], m.kept[1], m.size[0], m.size[1]);
  }
  return m[key];
};
// What of it is seen: all, or of a volume the chosen slice.
const seen = (m, signed) => {
  const values = full(m, signed), n = m.size[0] * m.size[1];
  return m.slices ? values.subarray(state.slice * n, (state.slice + 1) * n) : values;
};
const extent = values => {
  let lo = Infinity, hi = -Infinity;
  for (const v of values) if (v === v) { if (v < lo) lo = v; if (v > hi) hi = v; }
  return [lo, hi];
};

// The value that the strongest colour stands for on the map's own scale, as render's reach: the highest, or of a map
// of single pixels the 99th percentile, if the highest lies more than twice as high.
const reach = (m, signed) => {
  const key = signed ? "signedReach" : "positiveReach";
  if (!m[key]) {
    const sizes = Array.from(full(m, signed)).filter(v => v === v).map(v => signed ? Math.abs(v) : v), highest = sizes.reduce((a, v) => Math.max(a, v), 0);
    m[key] = { top: highest, clipped: false };
    if (m.pixels) {
      const high = sizes.sort((a, b) => a - b)[Math.max(0, Math.ceil(0.99 * sizes.length) - 1)];
      if (high > 0 && highest > 2 * high) m[key] = { top: high, clipped: true };
    }
  }
  return m[key];
};

// What the ends of the colours stand for: what is given, else zero and the reach of this map or of all of its unit;
// about zero if the colours are signed.
const scaleOf = (m, signed) => {
  if (data.range && !state.shared && (!signed || data.colors[0].signed)) return data.range;
  const maps = state.shared ? result().maps.filter(o => o.unit === m.unit) : [m];
  const top = maps.reduce((a, o) => Math.max(a, reach(o, signed).top), 0);
  return signed ? [-top, top] : [0, top];
};
const place = (v, [lo, hi]) => hi > lo ? clamp((v - lo) / (hi - lo), 0, 1) : 0;

const tables = {};
const table = color => {
  if (!tables[color.name]) {
    const n = color.stops.length / 6, stop = i => [0, 2, 4].map(k => parseInt(color.stops.substr(6 * i + k, 2), 16));
    tables[color.name] = Array.from({ length: 256 }, (_, i) => {
      const at = i / 255 * (n - 1), j = Math.min(Math.floor(at), n - 2), a = stop(j), b = stop(j + 1);
      return a.map((v, k) => v + (b[k] - v) * (at - j));
    });
  }
  return tables[color.name];
};

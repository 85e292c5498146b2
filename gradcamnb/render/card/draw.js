// ---- drawing

const pixels = {}; // of the pictures, at their size on the card
const towers = {}; // pictures of volumes, slice below slice
const under = () => {
  const i = state.picture, r = data.results[i], t = towers[i];
  if (!r.slices || !t) return pixels[i];
  if (t.slice !== state.slice) {
    const [w, h] = r.size, c = el("canvas", { width: w, height: h }).getContext("2d"), high = t.image.naturalHeight / r.slices;
    c.drawImage(t.image, 0, state.slice * high, t.image.naturalWidth, high, 0, 0, w, h);
    t.slice = state.slice;
    t.pixels = c.getImageData(0, 0, w, h).data;
  }
  return t.pixels;
};

// The map on the picture, as render.Overlay: a colour covers the picture with the
// opacity times the square root of its place; what the model never saw is grey.
const paint = (canvas, m, base, w, h) => {
  const r = result(), f = r.frame, color = data.colors[state.color], signed = !!color.signed;
  const values = seen(m, signed), range = scaleOf(m, signed), colors = table(color), [W, H] = m.size;
  const along = (n, size, origin, step, cells, from, to) => Array.from({ length: n }, (_, i) => {
    const p = (i + 0.5) * size / n, at = clamp((p - origin) / step - 0.5, 0, cells - 1), lo = Math.floor(at);
    return [lo, Math.min(lo + 1, cells - 1), at - lo, Math.floor(p) >= from && Math.floor(p) < to];
  });
  const xs = along(w, f.PictureW, f.X0, f.ScaleX, W, r.seen[0], r.seen[2]);
  const ys = along(h, f.PictureH, f.Y0, f.ScaleY, H, r.seen[1], r.seen[3]);
  canvas.width = w;
  canvas.height = h;
  const context = canvas.getContext("2d"), image = context.createImageData(w, h), px = image.data;
  for (let y = 0, i = 0; y < h; y++) {
    const [y0, y1, fy, seenY] = ys[y];
    for (let x = 0; x < w; x++, i += 4) {
      const [x0, x1, fx, seenX] = xs[x];
      let c = [0, 200, 200], a = state.opacity;
      if (!seenX || !seenY) {
        const luma = base ? (0.299 * base[i] + 0.587 * base[i + 1] + 0.114 * base[i + 2] + 200) / 2 : 200;
        px[i] = px[i + 1] = px[i + 2] = luma;
        px[i + 3] = 255;
        continue;
      }
      const top = values[y0 * W + x0] * (1 - fx) + values[y0 * W + x1] * fx;
      const v = top * (1 - fy) + (values[y1 * W + x0] * (1 - fx) + values[y1 * W + x1] * fx) * fy;
      if (v === v) {
        const t = place(v, range);
        c = colors[Math.round(255 * t)];
        a = state.opacity * Math.sqrt(signed ? Math.abs(2 * t - 1) : t);
      }
      if (!base) a = 1;
      for (let k = 0; k < 3; k++) px[i + k] = (base ? base[i + k] : 0) * (1 - a) + c[k] * a + 0.5;
      px[i + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
};

// The places of n numbers beside the bar, from 0 to 1, and the numbers, as render.Range.ticks: zero is one of them if it
// lies between the ends. An empty range has one number.
const ticksOf = ([lo, hi], n) => {
  if (hi <= lo) return [[0, lo]];
  const list = Array.from({ length: n }, (_, i) => [i / (n - 1), lo + (hi - lo) * i / (n - 1)]);
  const zero = -lo / (hi - lo), near = Math.round(zero * (n - 1));
  if (near > 0 && near < n - 1) list[near] = [zero, 0];
  return list;
};

const draw = () => {
  const r = result(), [w, h] = r.size;
  paint(picture, current, under(), w, h);
  stage.parentElement.classList.toggle("wide", w > 2 * h);
  const color = data.colors[state.color], range = scaleOf(current, !!color.signed), c = ramp.getContext("2d");
  table(color).forEach((rgb, i) => { c.fillStyle = "rgb(" + rgb.map(Math.round) + ")"; c.fillRect(0, 255 - i, 1, 1); });
  const over = extent(full(current, !!color.signed))[1] > range[1]; // some values lie above the bar
  const places = ticksOf(range, h > 200 ? 5 : 3), last = places.length - 1;
  ticks.replaceChildren(...places.map(([at, value], i) => {
    const s = el("span", { text: (i === last && over ? "≥ " : "") + number(value) + (i === last ? " " + current.unit : "") });
    s.style.top = (2 + 96 * (1 - at)) + "%";
    return s;
  }));
  ramp.setAttribute("aria-label", "colours from " + number(range[0]) + " to " + number(range[1]) + " " + current.unit);
};

// A rectangle of the picture, in its pixels.
const rect = (kind, x0, y0, x1, y1, halo) => {
  const make = cls => {
    const e = document.createElementNS(ns, "rect");
    for (const [k, v] of Object.entries({ class: cls, x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) })) e.setAttribute(k, v);
    return e;
  };
  if (halo) marks.append(make("halo"));
  marks.append(make(kind));
};
const toPicture = (u, v) => { const f = result().frame; return [f.X0 + u * f.ScaleX, f.Y0 + v * f.ScaleY]; };

// The box round the largest region whose values reach the threshold's share of the
// map's highest, 8-connected, in the picture's pixels (Zhou et al. 2016, section 3.2).
const region = () => {
  const m = current, values = seen(m, false), [W, H] = m.size, [, hi] = extent(full(m, false));
  if (!state.threshold || !(hi > 0)) return null;
  const least = state.threshold * hi, taken = new Uint8Array(W * H);
  let best = null;
  for (let start = 0; start < W * H; start++) {
    if (taken[start] || !(values[start] >= least)) continue;
    const stack = [start], box = [W, H, 0, 0];
    let size = 0;
    taken[start] = 1;
    while (stack.length) {
      const i = stack.pop(), x = i % W, y = (i - x) / W;
      size++;
      box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x + 1); box[3] = Math.max(box[3], y + 1);
      for (let v = Math.max(0, y - 1); v <= Math.min(H - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(W - 1, x + 1); u++) {
          const j = v * W + u;
          if (!taken[j] && values[j] >= least) { taken[j] = 1; stack.push(j); }
        }
    }
    if (!best || size > best.size) best = { size, box };
  }
  const f = result().frame, [x0, y0] = toPicture(best.box[0], best.box[1]), [x1, y1] = toPicture(best.box[2], best.box[3]);
  return [clamp(x0, 0, f.PictureW), clamp(y0, 0, f.PictureH), clamp(x1, 0, f.PictureW), clamp(y1, 0, f.PictureH)];
};
const area = b => Math.max(0, b[2] - b[0]) * Math.max(0, b[3] - b[1]);
const iou = (a, b) => {
  const both = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  return both / (area(a) + area(b) - both);
};

const cellAt = (m, x, y) => {
  const f = result().frame, u = (x - f.X0) / f.ScaleX, v = (y - f.Y0) / f.ScaleY;
  return { u, v, x: clamp(Math.floor(u / m.size[0] * m.grid[0]), 0, m.grid[0] - 1), y: clamp(Math.floor(v / m.size[1] * m.grid[1]), 0, m.grid[1] - 1) };
};
const inSeen = (x, y) => { const s = result().seen; return x >= s[0] && x < s[2] && y >= s[1] && y < s[3]; };

const drawMarks = () => {
  const r = result(), f = r.frame, m = current;
  marks.setAttribute("viewBox", "0 0 " + f.PictureW + " " + f.PictureH);
  marks.replaceChildren();
  if (m.box) rect("box", ...m.box, true);
  if (r.truth && state.threshold) rect("truth", ...r.truth, true);
  const box = region();
  if (box) rect("region", ...box, true);
  const p = state.pointer;
  if (!p || !inSeen(p.x, p.y)) return;
  const c = cellAt(m, p.x, p.y);
  if (m.field) {
    const edge = (k, c, to) => m.field[to][k] + m.field.Step[k] * c;
    const [x0, y0] = toPicture(edge(0, c.x, "Lo"), edge(1, c.y, "Lo")), [x1, y1] = toPicture(edge(0, c.x, "Hi"), edge(1, c.y, "Hi"));
    const s = r.seen;
    rect("field", Math.max(x0, s[0]), Math.max(y0, s[1]), Math.min(x1, s[2]), Math.min(y1, s[3]), true);
  }
  const cw = m.size[0] / m.grid[0], ch = m.size[1] / m.grid[1];
  rect("cell", ...toPicture(c.x * cw, c.y * ch), ...toPicture((c.x + 1) * cw, (c.y + 1) * ch), true);
};

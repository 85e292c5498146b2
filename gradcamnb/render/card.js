// Plays one card; html.go says what is in data. Everything is drawn in a shadow tree,
// so that the page's styles and ids and ours do not meet. Texts are set as text, never
// as HTML.
function (id, style, data) {
  "use strict";
  const script = document.currentScript;
  const root = (script && script.closest(".gradcam-card")) || document.getElementById(id);
  if (!root || root.shadowRoot) return;
  const still = root.querySelector(".gradcam-still");
  const live = data.live;

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
  const number = v => v == null || isNaN(v) ? "–" : v === 0 ? "0" : Math.abs(v) >= 1e4 || Math.abs(v) < 1e-3 ? v.toExponential(2) : String(Number(v.toPrecision(3)));
  const distinct = list => [...new Set(list)];

  // ---- maps

  // Float values of the layer's cells, NaN where there is no number.
  const decode = m => {
    const bytes = atob(m.values), out = new Float32Array(m.kept[0] * m.kept[1]);
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

  // The map at the model's input size, as drawn: the positive part, or all of it.
  const full = (m, signed) => {
    const key = signed ? "signedFull" : "positiveFull";
    if (!m[key]) {
      m.cells = m.cells || decode(m);
      const values = signed ? m.cells : m.cells.map(v => v < 0 ? 0 : v);
      m[key] = resized(values, m.kept[0], m.kept[1], m.size[0], m.size[1]);
    }
    return m[key];
  };
  const extent = values => {
    let lo = Infinity, hi = -Infinity;
    for (const v of values) if (v === v) { if (v < lo) lo = v; if (v > hi) hi = v; }
    return [lo, hi];
  };

  // What the ends of the colours stand for: what is given, else zero and the highest value, of this map or
  // of all of its unit; about zero where the colours are signed.
  const scaleOf = (m, signed) => {
    if (data.range && !state.shared && (!signed || data.colors[0].signed)) return data.range;
    const maps = state.shared ? result().maps.filter(o => o.unit === m.unit) : [m];
    let top = 0;
    for (const o of maps) {
      const [lo, hi] = extent(full(o, signed));
      top = Math.max(top, hi, signed ? -lo : 0);
    }
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

  // ---- state

  let shadow = null; // the tree that the card is drawn in
  const state = { picture: 0, color: 0, opacity: data.opacity, threshold: 0, shared: false, pointer: null };
  const result = () => data.results[state.picture];
  const targetOf = m => live && m.index >= 0 ? "class " + m.index : m.target;
  const nameOf = m => m.class ? m.class + (m.index >= 0 ? " (" + m.index + ")" : "") : m.target;
  const by = m => m.layer ? m.method + " at " + m.layer : m.method;
  const matches = m => targetOf(m) === state.target && m.layer === state.layer && m.method === state.method;
  let current = null;

  // The map that is wanted or, where the results do not hold it, the nearest that
  // keeps what was just chosen.
  const find = kept => {
    const maps = result().maps, exact = maps.find(matches);
    if (exact || live) return exact;
    const near = m => (targetOf(m) === state.target) + (m.layer === state.layer) + (m.method === state.method) + (kept ? 4 * (kept(m) === state[kept.key]) : 0);
    return maps.reduce((best, m) => near(m) > near(best) ? m : best, maps[0]);
  };
  const byTarget = Object.assign(m => targetOf(m), { key: "target" });
  const byLayer = Object.assign(m => m.layer, { key: "layer" });
  const byMethod = Object.assign(m => m.method, { key: "method" });
  const take = m => { current = m; state.target = targetOf(m); state.layer = m.layer; state.method = m.method; };

  // ---- the card's parts

  const css = el("style", { text: style });
  const title = el("h3"), sub = el("p", { class: "sub" }), why = el("p", { class: "why", role: "note" });
  const switches = el("div", { class: "switches" });
  const picture = el("canvas", { class: "picture", role: "img" });
  const ns = "http://www.w3.org/2000/svg";
  const marks = document.createElementNS(ns, "svg");
  marks.setAttribute("aria-hidden", "true");
  marks.setAttribute("preserveAspectRatio", "none");
  const stage = el("div", { class: "stage", tabindex: "0", role: "group" }, picture, marks);
  const ramp = el("canvas", { width: 1, height: 256, role: "img" });
  const ticks = el("div", { class: "ticks" });
  const scale = el("div", { class: "scale" }, ramp, ticks);
  const bars = el("ol", { class: "bars" }), predictions = el("div", {}, el("p", { class: "caption", text: "predictions" }), bars);
  const readout = el("p", { class: "readout", role: "status", "aria-live": "polite" });
  const right = el("div", { class: "right" }, predictions, readout);
  const note = el("p", { class: "note" });
  const grid = el("div", { class: "grid", role: "group", "aria-label": "all maps of this picture" });
  const card = el("div", { class: "card" });

  const slider = (name, value, change, show, max = 100) => {
    const out = el("output", { text: show(value) });
    const input = el("input", { type: "range", min: 0, max, step: 1, value, "data-name": name, "aria-valuetext": show(value) });
    input.addEventListener("input", () => {
      const v = Number(input.value);
      out.textContent = show(v);
      input.setAttribute("aria-valuetext", show(v));
      change(v);
    });
    return el("label", { class: name }, name, input, out);
  };
  const picker = (name, options, chosen, change) => {
    const select = el("select", { "data-name": name, onchange: () => change(select.value) },
      ...options.map(o => el("option", { value: o.value, text: o.text.length > 60 ? o.text.slice(0, 59) + "…" : o.text })));
    select.value = chosen;
    return el("label", {}, name, select);
  };

  const tools = el("div", { class: "tools" },
    slider("opacity", Math.round(100 * state.opacity), v => { state.opacity = v / 100; draw(); }, v => v + " %"),
    picker("colours", data.colors.map((c, i) => ({ value: String(i), text: c.name + (c.signed ? " (signed)" : "") })), "0", v => { state.color = Number(v); drawAll(); }),
    slider("region from", 0, v => { state.threshold = v / 100; drawMarks(); drawReadout(); }, v => v ? v + " %" : "off"));
  const sharing = el("label", {}, el("input", { type: "checkbox", "data-name": "one scale", onchange: e => { state.shared = e.target.checked; drawAll(); } }), "one scale for all maps");
  tools.append(sharing);

  // ---- drawing

  const pixels = {}; // of the pictures, at their size on the card
  const under = () => pixels[state.picture];

  // The map on the picture, as render.Overlay: a colour covers the picture with the
  // opacity times the square root of its place; what the model never saw is grey.
  const paint = (canvas, m, base, w, h) => {
    const r = result(), f = r.frame, color = data.colors[state.color], signed = !!color.signed;
    const values = full(m, signed), range = scaleOf(m, signed), colors = table(color), [W, H] = m.size;
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

  const draw = () => {
    const r = result(), [w, h] = r.size;
    paint(picture, current, under(), w, h);
    const color = data.colors[state.color], range = scaleOf(current, !!color.signed), c = ramp.getContext("2d");
    table(color).forEach((rgb, i) => { c.fillStyle = "rgb(" + rgb.map(Math.round) + ")"; c.fillRect(0, 255 - i, 1, 1); });
    const n = range[1] <= range[0] ? 1 : h > 200 ? 5 : 3; // an empty range has one number
    ticks.replaceChildren(...Array.from({ length: n }, (_, i) => {
      const at = i && i / (n - 1);
      const s = el("span", { text: number(range[0] + (range[1] - range[0]) * at) + (i === n - 1 ? " " + current.unit : "") });
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
    const m = current, values = full(m, false), [W, H] = m.size, [, hi] = extent(values);
    if (!state.threshold || !(hi > 0)) return null;
    const least = state.threshold * hi, seen = new Uint8Array(W * H);
    let best = null;
    for (let start = 0; start < W * H; start++) {
      if (seen[start] || !(values[start] >= least)) continue;
      const stack = [start], box = [W, H, 0, 0];
      let size = 0;
      seen[start] = 1;
      while (stack.length) {
        const i = stack.pop(), x = i % W, y = (i - x) / W;
        size++;
        box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x + 1); box[3] = Math.max(box[3], y + 1);
        for (let v = Math.max(0, y - 1); v <= Math.min(H - 1, y + 1); v++)
          for (let u = Math.max(0, x - 1); u <= Math.min(W - 1, x + 1); u++) {
            const j = v * W + u;
            if (!seen[j] && values[j] >= least) { seen[j] = 1; stack.push(j); }
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

  const drawReadout = () => {
    const m = current, p = state.pointer, lines = [];
    if (p && !inSeen(p.x, p.y)) lines.push("pixel (" + Math.floor(p.x) + ", " + Math.floor(p.y) + "): the model never saw this part");
    else if (p) {
      const c = cellAt(m, p.x, p.y), signed = full(m, true), [W, H] = m.size;
      const v = signed[clamp(Math.floor(c.v), 0, H - 1) * W + clamp(Math.floor(c.u), 0, W - 1)];
      lines.push(number(v) + " " + m.unit + " at pixel (" + Math.floor(p.x) + ", " + Math.floor(p.y) + "), cell (" + c.x + ", " + c.y + ") of " + m.grid[0] + " × " + m.grid[1]);
      if (m.field) {
        const wide = m.field.Hi[0] - m.field.Lo[0], high = m.field.Hi[1] - m.field.Lo[1];
        lines.push("receptive field " + wide + " × " + high + " pixels of the model’s input" + (m.field.Gated ? ", and gates that see all of it" : ""));
      } else if (m.layer) lines.push("the receptive field of this layer is not known");
    }
    const box = region();
    if (box) {
      const t = result().truth || m.box;
      lines.push("region from " + Math.round(100 * state.threshold) + " % of the highest value: " + Math.round(box[2] - box[0]) + " × " + Math.round(box[3] - box[1]) + " pixels at (" + Math.round(box[0]) + ", " + Math.round(box[1]) + ")" +
        (t ? ", IoU with the " + (result().truth ? "true" : "explained") + " box " + iou(box, t).toFixed(2) : ""));
    } else if (state.threshold) lines.push("no region: the map is nowhere positive");
    if (!lines.length) lines.push("Point at the picture, or walk over it with the arrow keys, to read values.");
    readout.replaceChildren(...lines.flatMap((l, i) => i ? [el("br"), l] : [l]));
  };

  const drawBars = () => {
    const r = result(), m = current, best = r.top.length ? Math.abs(r.top[0].score) : 1;
    predictions.hidden = !r.top.length;
    bars.replaceChildren(...r.top.map(p => {
      const explained = p.index === m.index && (p.label === m.class || !m.class);
      const share = p.p != null ? p.p : p.score / best;
      const fill = el("div", { class: "fill" });
      fill.style.width = 100 * clamp(share || 0, 0, 1) + "%";
      const text = el("span", { class: "name", text: (p.label || "class " + p.index), dir: "auto", title: p.label || null });
      const inner = [el("span", { class: "row" }, text, el("span", { class: "value", text: p.p != null ? (100 * p.p).toFixed(1) + " %" : number(p.score) })), el("div", { class: "track" }, fill)];
      const can = live && !over ? () => want("target", "class " + p.index) : null;
      const item = can ? el("button", { type: "button", onclick: can, "data-class": p.index, title: "explain this class" }, ...inner) : el("div", {}, ...inner);
      return el("li", { class: explained ? "explained" : null, "aria-current": explained ? "true" : null }, item);
    }));
  };

  const drawText = () => {
    const r = result(), m = current;
    title.textContent = r.model + ": " + by(m);
    sub.textContent = ["target " + m.target + (m.class ? " (" + m.class + ")" : ""), "score " + number(m.score) + " " + m.scoreUnit, r.made].filter(Boolean).join(" · ");
    why.hidden = !m.diagnosis;
    why.textContent = m.diagnosis;
    picture.setAttribute("aria-label", title.textContent + ", " + sub.textContent + (m.diagnosis ? ". " + m.diagnosis : ""));
    stage.setAttribute("aria-label", "the map on the picture; arrow keys read its cells");
    const seesAll = r.seen[0] <= 0 && r.seen[1] <= 0 && r.seen[2] >= r.frame.PictureW && r.seen[3] >= r.frame.PictureH;
    note.textContent = [...(m.measured || []).map(v => v.name + " " + number(v.value)), m.grid[0] + " × " + m.grid[1] + " cells", m.kept[0] !== m.grid[0] ? "kept here as means on " + m.kept[0] + " × " + m.kept[1] : "", seesAll ? "" : "grey: not seen by the model"].filter(Boolean).join(" · ");
  };

  // Small pictures of all maps of the target, layers down and methods across.
  const thumb = 64;
  const drawGrid = () => {
    const maps = result().maps.filter(m => targetOf(m) === state.target);
    const others = result().maps.length > maps.length && distinct(maps.map(m => m.layer + m.method)).length < 2;
    const shown = others ? result().maps : maps;
    grid.hidden = shown.length < 2;
    painting = [];
    if (grid.hidden) return;
    const across = others ? targetOf : m => m.method, columns = distinct(shown.map(across)), rows = distinct(shown.map(m => m.layer));
    const [w, h] = result().size, k = thumb / Math.max(w, h), tw = Math.max(1, Math.round(w * k)), th = Math.max(1, Math.round(h * k));
    const small = under() && el("canvas", { width: w, height: h });
    let base = null;
    if (small) {
      small.getContext("2d").putImageData(new ImageData(under(), w, h), 0, 0);
      const c = el("canvas", { width: tw, height: th }).getContext("2d");
      c.drawImage(small, 0, 0, tw, th);
      base = c.getImageData(0, 0, tw, th).data;
    }
    grid.style.gridTemplateColumns = "minmax(60px, 150px) repeat(" + columns.length + ", " + Math.max(tw + 4, 82) + "px)";
    const cells = [el("span")].concat(columns.map(c => {
      const m = shown.find(m => across(m) === c), text = others ? nameOf(m) : c;
      return el("span", { class: "head", text, title: text, dir: "auto" });
    }));
    for (const layer of rows) {
      cells.push(el("span", { class: "head side", text: layer, title: layer, dir: "auto" }));
      for (const column of columns) {
        const m = shown.find(m => m.layer === layer && across(m) === column);
        if (!m) { cells.push(el("span")); continue; }
        const c = el("canvas", { role: "img", "aria-label": by(m) + ", " + nameOf(m) });
        c.width = tw;
        c.height = th;
        painting.push(() => paint(c, m, base, tw, th));
        cells.push(el("button", { type: "button", "aria-pressed": String(m === current), title: by(m), onclick: () => { take(m); drawAll(); drawSwitches(); } }, c));
      }
    }
    grid.replaceChildren(...cells);
    setTimeout(paintSome);
  };

  // The small pictures come after the large one, a few at a time.
  let painting = [];
  const paintSome = () => {
    const until = performance.now() + 12;
    while (painting.length && performance.now() < until) painting.shift()();
    if (painting.length) setTimeout(paintSome);
  };

  const drawAll = () => {
    if (!current) return;
    const [w, h] = result().size;
    stage.style.width = w + "px";
    scale.style.height = h + "px";
    sharing.hidden = result().maps.length < 2;
    drawText(); draw(); drawMarks(); drawReadout(); drawBars(); drawGrid();
    root.dispatchEvent(new CustomEvent("gradcam-drawn"));
  };

  const want = (key, value) => {
    state[key] = value;
    const m = find({ target: byTarget, layer: byLayer, method: byMethod }[key]);
    if (!m) return ask();
    take(m);
    drawAll();
    drawSwitches();
  };

  const drawSwitches = () => {
    const maps = result().maps, parts = [], focused = shadow.activeElement && shadow.activeElement.getAttribute("data-name");
    const choose = (name, key, options) => {
      if (options.length > 1) parts.push(picker(name, options, state[key], v => want(key, v)));
    };
    if (data.results.length > 1) parts.push(picker("picture", data.results.map((_, i) => ({ value: String(i), text: i + 1 + " of " + data.results.length })), String(state.picture), v => {
      const at = distinct(maps.map(targetOf)).indexOf(state.target);
      state.picture = Number(v);
      const targets = distinct(result().maps.map(targetOf));
      if (!targets.includes(state.target)) state.target = targets[Math.min(Math.max(at, 0), targets.length - 1)];
      take(find(byTarget));
      readPicture().then(() => { drawAll(); drawSwitches(); });
    }));
    const named = {};
    for (const p of live ? result().top : []) named["class " + p.index] = (p.label || "class") + " (" + p.index + ")";
    for (const m of maps) named[targetOf(m)] = nameOf(m);
    const same = t => Object.values(named).filter(n => n === named[t]).length > 1;
    if (live && !(state.target in named)) named[state.target] = state.target;
    choose("target", "target", Object.keys(named).map(t => ({ value: t, text: same(t) ? named[t] + ", " + t : named[t] })));
    if (live && !over) parts.push(finder);
    const layers = distinct(maps.map(m => m.layer));
    if (live && layers.length > 1) parts.push(slider("layer", layers.indexOf(state.layer), v => want("layer", layers[v]), v => layers[v], layers.length - 1));
    else choose("layer", "layer", layers.map(v => ({ value: v, text: v || "none" })));
    choose("method", "method", distinct(maps.map(m => m.method)).map(v => ({ value: v, text: v })));
    if (live && !over) parts.push(stop);
    switches.replaceChildren(...parts);
    switches.hidden = !parts.length;
    if (focused) { const e = switches.querySelector('[data-name="' + focused + '"]'); if (e) e.focus(); }
  };

  // ---- live: maps that the card does not hold are asked for (nb.Explore)

  let serial = 0, over = !live;
  const status = el("p", { class: "note", role: "status", hidden: !live });
  const say = text => { status.textContent = text; };
  const send = ask => { if (globalThis.gonb_comm) globalThis.gonb_comm.send(live.ask, JSON.stringify(ask)); };
  const ask = () => {
    if (over) return say("This exploration has ended; the map was not computed. Run the cell again.");
    drawSwitches();
    serial++;
    say("computing…");
    card.classList.add("busy");
    send({ serial, index: Number(state.target.replace("class ", "")) });
  };
  const finish = text => {
    over = true;
    card.classList.remove("busy");
    say(text);
    drawBars();
    drawSwitches();
  };
  const answered = text => {
    const reply = JSON.parse(text);
    const news = reply.maps || [], same = (a, b) => targetOf(a) === targetOf(b) && a.layer === b.layer && a.method === b.method;
    data.results[0].maps = data.results[0].maps.filter(m => !news.some(n => same(n, m))).concat(news);
    if (reply.serial !== serial) return; // something else was chosen since
    card.classList.remove("busy");
    if (reply.error) { say(reply.error); take(current); return drawAll(), drawSwitches(); }
    if (reply.made) data.results[0].made = reply.made;
    say("");
    const m = find();
    if (m) { take(m); drawAll(); drawSwitches(); }
  };
  const stop = el("button", { type: "button", class: "plain", "data-name": "stop", text: "Stop", onclick: () => { send({ stop: true }); finish("Stopping…"); } });
  let finder = null;
  if (live) {
    const list = el("datalist", { id: "labels" }, ...live.labels.map((l, i) => el("option", { value: l + " (" + i + ")" })));
    const input = el("input", { type: "text", list: "labels", size: 18, placeholder: "name or number", "data-name": "class", "aria-label": "class by name or number" });
    const pick = () => {
      const text = input.value.trim(), tail = text.match(/\((\d+)\)$/) || text.match(/^(\d+)$/);
      const index = tail ? Number(tail[1]) : live.labels.findIndex(l => text && l.toLowerCase().includes(text.toLowerCase()));
      if (!text) return;
      if (index < 0 || live.labels.length && index >= live.labels.length) return say("There is no class “" + text + "”.");
      input.value = "";
      want("target", "class " + index);
    };
    input.addEventListener("change", pick);
    input.addEventListener("keydown", e => { if (e.key === "Enter") pick(); }); // JupyterLab keeps Enter from becoming a change
    finder = el("label", {}, "any class", input, list);
  }

  // ---- pointer and keys

  const point = e => {
    const b = picture.getBoundingClientRect(), f = result().frame;
    state.pointer = { x: clamp((e.clientX - b.left) / b.width, 0, 0.99999) * f.PictureW, y: clamp((e.clientY - b.top) / b.height, 0, 0.99999) * f.PictureH };
    drawMarks(); drawReadout();
  };
  stage.addEventListener("pointermove", point);
  stage.addEventListener("pointerdown", point);
  const leave = () => { state.pointer = null; drawMarks(); drawReadout(); };
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("blur", leave);
  stage.addEventListener("keydown", e => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (e.key === "Escape") leave();
    if (!step) return;
    e.preventDefault();
    const m = current, s = result().seen, p = state.pointer;
    const c = p ? cellAt(m, p.x, p.y) : { x: Math.floor(m.grid[0] / 2) - step[0], y: Math.floor(m.grid[1] / 2) - step[1] };
    const x = clamp(c.x + step[0], 0, m.grid[0] - 1), y = clamp(c.y + step[1], 0, m.grid[1] - 1);
    const [px, py] = toPicture((x + 0.5) * m.size[0] / m.grid[0], (y + 0.5) * m.size[1] / m.grid[1]);
    state.pointer = { x: clamp(px, s[0], s[2] - 0.5), y: clamp(py, s[1], s[3] - 0.5) };
    drawMarks(); drawReadout();
  });

  // ---- start

  const readPicture = () => {
    const i = state.picture, r = data.results[i];
    const src = i === 0 ? (r.hasPicture ? still.style.backgroundImage.match(/url\("([^"]*)"\)$/)[1] : "") : r.picture;
    if (pixels[i] || !src) return Promise.resolve();
    const img = new Image();
    img.src = src;
    return img.decode().then(() => {
      const c = el("canvas", { width: r.size[0], height: r.size[1] }).getContext("2d");
      c.drawImage(img, 0, 0, r.size[0], r.size[1]);
      pixels[i] = c.getImageData(0, 0, r.size[0], r.size[1]).data;
    });
  };

  // Dark pages: JupyterLab says so on the body, and its colours come as variables.
  const theme = () => {
    const dark = document.body && document.body.dataset.jpThemeLight === "false";
    card.toggleAttribute("data-dark", dark);
    card.style.colorScheme = dark ? "dark" : "light";
  };
  theme();
  if (document.body) new MutationObserver(theme).observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });

  take(data.results[0].maps[0]);
  readPicture().then(() => {
    shadow = root.attachShadow({ mode: "open" });
    card.append(title, sub, why, switches, status, el("div", { class: "body" }, el("div", { class: "left" }, stage, scale), right), note, tools, grid);
    shadow.append(css, card);
    drawSwitches();
    drawAll();
    if (!live) return;
    const hello = tries => {
      if (globalThis.gonb_comm && globalThis.gonb_comm.websocket_is_opened) {
        globalThis.gonb_comm.subscribe(live.reply, (_, text) => answered(text));
        send({ hello: true });
        say("preparing the other layers and methods…");
      } else if (tries) setTimeout(hello, 100, tries - 1);
    };
    hello(100);
  });
}

const drawReadout = () => {
  const m = current, p = state.pointer, lines = [];
  if (p && !inSeen(p.x, p.y)) lines.push("pixel (" + Math.floor(p.x) + ", " + Math.floor(p.y) + "): the model never saw this part");
  else if (p) {
    const c = cellAt(m, p.x, p.y), signed = seen(m, true), [W, H] = m.size;
    const v = signed[clamp(Math.floor(c.v), 0, H - 1) * W + clamp(Math.floor(c.u), 0, W - 1)];
    lines.push(number(v) + " " + m.unit + " at pixel (" + Math.floor(p.x) + ", " + Math.floor(p.y) + ")" + (m.slices ? " of slice " + (state.slice + 1) : "") + ", cell (" + c.x + ", " + c.y + ") of " + m.grid[0] + " × " + m.grid[1]);
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
  readout.style.minHeight = readout.offsetHeight + "px"; // as high as it has been, so that nothing below it jumps
};

const drawBars = () => {
  const m = current, top = topOf(m), best = top.length ? Math.abs(top[0].score) : 1;
  const isExplained = p => p.index === m.index && (p.label === m.class || !m.class);
  const far = m.rank > 0 && !top.some(isExplained); // what is explained, where it is not among the best
  const listed = far ? top.concat({ index: m.index, label: m.class, of: (top[0] || {}).of, score: m.score, p: m.p, rank: m.rank }) : top;
  predictions.hidden = !listed.length;
  caption.textContent = m.head ? "predictions of " + m.head : "predictions";
  bars.replaceChildren(...listed.map(p => {
    const explained = isExplained(p);
    const share = p.p != null ? p.p : p.score / best;
    const fill = el("div", { class: "fill" });
    fill.style.width = 100 * clamp(share || 0, 0, 1) + "%";
    const text = el("span", { class: "name", text: (p.rank ? p.rank + ". " : "") + (p.label || (p.of || "class") + " " + p.index), dir: "auto", title: p.label || null });
    const inner = [el("span", { class: "row" }, text, el("span", { class: "value", text: p.p != null ? percent(p.p) : number(p.score) })), el("div", { class: "track" }, fill)];
    const can = live && !over ? () => want("target", "class " + p.index) : null;
    const item = can ? el("button", { type: "button", onclick: can, "data-class": p.index, title: "explain this class" }, ...inner) : el("div", {}, ...inner);
    return el("li", { class: [explained && "explained", p.rank && "far"].filter(Boolean).join(" ") || null, "aria-current": explained ? "true" : null }, item);
  }));
};

const percent = p => p > 0 && p < 0.001 ? "< 0.1 %" : (100 * p).toFixed(1) + " %";
// How likely the model finds what is explained, and its rank among all that it knows.
const chance = m => [m.p != null ? percent(m.p) : "", m.rank > 0 && m.of > 1 ? "rank " + m.rank + " of " + m.of : ""].filter(Boolean).join(", ");

const drawText = () => {
  const r = result(), m = current;
  title.textContent = r.model + ": " + by(m);
  sub.textContent = ["target " + m.target + (m.class ? " (" + m.class + ")" : ""), "score " + number(m.score) + " " + m.scoreUnit, chance(m), r.made].filter(Boolean).join(" · ");
  why.textContent = [m.note, m.diagnosis].filter(Boolean).join(" ");
  why.hidden = !why.textContent;
  trust.hidden = !m.trust;
  trust.replaceChildren(...(m.trust || []).map(said => el("li", {}, said)));
  picture.setAttribute("aria-label", title.textContent + ", " + sub.textContent + (m.diagnosis ? ". " + m.diagnosis : ""));
  stage.setAttribute("aria-label", "the map on the picture; arrow keys read its cells");
  const seesAll = r.seen[0] <= 0 && r.seen[1] <= 0 && r.seen[2] >= r.frame.PictureW && r.seen[3] >= r.frame.PictureH;
  note.textContent = [...(m.measured || []).map(v => v.name + " " + number(v.value)), m.grid[0] + " × " + m.grid[1] + (m.slices ? " × " + m.slices[0] : "") + " cells", reach(m, !!data.colors[state.color].signed).clipped && !data.range && !state.shared ? "the colours end at the 99th percentile, the few highest pixels lie above" : "", m.kept[0] !== m.grid[0] ? "kept here as means on " + m.kept[0] + " × " + m.kept[1] : "", seesAll ? "" : "grey: not seen by the model"].filter(Boolean).join(" · ");
};

// Small pictures of all maps of the target, layers down and methods across.
const thumb = 64, thin = 12;
// The rows of the grid are layers. Maps without one, as of RISE, have a row of their own below several layers, and stand
// beside the maps of a single one.
const rowsOf = maps => {
  const layers = distinct(maps.map(m => m.layer)).filter(Boolean), without = maps.some(m => !m.layer);
  if (layers.length < 2) return [{ text: without ? "" : layers[0], holds: () => true }];
  const rows = layers.map(layer => ({ text: layer, holds: l => l === layer }));
  return without ? rows.concat({ text: "no layer", holds: l => !l }) : rows;
};
const drawGrid = () => {
  const maps = result().maps.filter(m => targetOf(m) === state.target);
  const others = result().maps.length > maps.length && distinct(maps.map(m => m.layer + m.method)).length < 2;
  const shown = others ? result().maps : maps;
  grid.hidden = shown.length < 2;
  painting = [];
  if (grid.hidden) return;
  const across = others ? targetOf : m => m.method, columns = distinct(shown.map(across)), rows = rowsOf(shown);
  const [w, h] = result().size, k = thumb / Math.max(w, h), tw = Math.max(thin, Math.round(w * k)), th = Math.max(thin, Math.round(h * k));
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
  for (const { text, holds } of rows) {
    cells.push(el("span", { class: "head side", text, title: text, dir: "auto" }));
    for (const column of columns) {
      const m = shown.find(m => holds(m.layer) && across(m) === column);
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
  stage.style.width = w + "px"; // and less where there is no room; the bar is as high as the picture is shown
  sharing.hidden = result().maps.length < 2;
  gallery.querySelectorAll("button").forEach((b, i) => b.setAttribute("aria-pressed", String(i === state.picture)));
  drawText(); draw(); drawMarks(); drawBoxes(); drawReadout(); drawBars(); drawGrid();
  root.dispatchEvent(new CustomEvent("gradcam-drawn"));
};

const want = (key, value) => {
  state[key] = value;
  const m = find({ target: byTarget, layer: byLayer, method: byMethod }[key]);
  if (!m) return ask();
  take(key === "target" ? atLevel(m) : m);
  if (live) settle();
  tellChosen();
  drawAll();
  drawSwitches();
};

// The pictures of a card of many, to choose from: each with its name, class and probability.
const drawGallery = () => {
  gallery.hidden = data.results.length < 2;
  if (gallery.hidden) return;
  gallery.replaceChildren(...data.results.map((r, i) => {
    const best = (r.maps[0] && r.maps[0].class) || (r.top[0] && r.top[0].label) || "", p = r.maps[0] && r.maps[0].p != null ? percent(r.maps[0].p) : "";
    const name = r.name || "picture " + (i + 1), src = sourceOf(i);
    return el("button", { type: "button", title: name, onclick: () => {
      choosePicture(i, distinct(result().maps.map(targetOf)).indexOf(state.target));
    } }, src ? el("img", { src, alt: "" }) : null, el("span", { class: "name", text: name, dir: "auto" }), el("span", { class: "value" }, el("span", { text: best, dir: "auto" }), p ? el("span", { class: "chance", text: p }) : null));
  }));
};

// Another picture, with the target at the same place among its own.
const choosePicture = (i, at, sliding) => {
  state.picture = i;
  const targets = distinct(result().maps.map(targetOf));
  if (!targets.includes(state.target)) state.target = targets[Math.min(Math.max(at, 0), targets.length - 1)];
  take(find(byTarget));
  readPicture().then(() => { drawAll(); if (!sliding) drawSwitches(); }); // the slider in hand stays
};

const drawSwitches = () => {
  const maps = result().maps, parts = [], focused = shadow.activeElement && shadow.activeElement.getAttribute("data-name");
  const choose = (name, key, options) => {
    if (options.length > 1) parts.push(picker(name, options, state[key], v => want(key, v)));
  };
  const frame = i => data.results[i].name || i + 1 + " of " + data.results.length;
  if (data.film && data.results.length > 1) parts.push(slider("frame", state.picture, v => choosePicture(v, distinct(result().maps.map(targetOf)).indexOf(state.target), true), frame, data.results.length - 1));
  else if (data.results.length > 1) parts.push(picker("picture", data.results.map((r, i) => ({ value: String(i), text: r.name || i + 1 + " of " + data.results.length })), String(state.picture), v => {
    const at = distinct(maps.map(targetOf)).indexOf(state.target);
    choosePicture(Number(v), at);
  }));
  if (result().slices > 1) parts.push(slider("slice", state.slice, v => { state.slice = v; draw(); drawMarks(); drawReadout(); drawGrid(); }, v => v + 1 + " of " + result().slices, result().slices - 1));
  const named = {};
  for (const p of live && !current.top ? result().top : []) named["class " + p.index] = (p.label || "class") + " (" + p.index + ")";
  for (const m of maps) named[targetOf(m)] = nameOf(m);
  for (const d of live ? choosable() : []) named["detection " + d.rank] = d.words;
  const same = t => Object.values(named).filter(n => n === named[t]).length > 1;
  if (live && !(state.target in named)) named[state.target] = state.target;
  choose("target", "target", Object.keys(named).map(t => ({ value: t, text: same(t) ? named[t] + ", " + t : named[t] })));
  if (live && !over && !live.fixed) parts.push(finder);
  const layers = distinct(maps.map(m => m.layer));
  if (live && layers.length > 1) parts.push(slider("layer", layers.indexOf(state.layer), v => want("layer", layers[v]), v => layers[v], layers.length - 1));
  else choose("layer", "layer", layers.map(v => ({ value: v, text: v || "none" })));
  choose("method", "method", distinct(maps.map(m => m.method)).map(v => ({ value: v, text: v })));
  if (live && !over) parts.push(stop, el("span", { class: "note", text: "other cells wait until Stop" }));
  switches.replaceChildren(...parts);
  switches.hidden = !parts.length;
  if (focused) { const e = switches.querySelector('[data-name="' + focused + '"]'); if (e) e.focus(); }
};

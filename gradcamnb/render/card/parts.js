// ---- state

let shadow = null; // the tree that the card is drawn in
const state = { picture: 0, color: 0, opacity: data.opacity, threshold: 0, shared: false, pointer: null, slice: -1 };
const result = () => data.results[state.picture];
const targetOf = m => !live ? m.target : live.boxes && m.found ? "detection " + m.found : m.index >= 0 ? "class " + m.index : m.target;
const topOf = m => m.top || result().top; // of the output that is explained
const foundOf = m => (result().found || [])[m.found - 1]; // the detection that a map explains
const nameOf = m => foundOf(m) ? foundOf(m).words : m.class ? m.class + (m.index >= 0 ? " (" + m.index + ")" : "") : m.target;
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
const take = m => {
  current = m; state.target = targetOf(m); state.layer = m.layer; state.method = m.method;
  if (m.slices && !(state.slice >= 0 && state.slice < m.slices[1])) state.slice = strongest(m);
};
// The slice of a volume in which the map is highest.
const strongest = m => {
  const values = full(m, false);
  return Math.floor(values.reduce((best, v, i) => v > values[best] ? i : best, 0) / (m.size[0] * m.size[1]));
};

// ---- the card's parts

const css = el("style", { text: style });
const title = el("h3"), sub = el("p", { class: "sub" }), why = el("p", { class: "why", role: "note" }), trust = el("ul", { class: "trust", "aria-label": "how far this map can be believed" });
// On a page of its own, below its only heading, the card is of the second level.
if (root.parentElement && root.parentElement.querySelector(":scope > h1")) title.setAttribute("aria-level", "2");
const switches = el("div", { class: "switches" });
const picture = el("canvas", { class: "picture", role: "img" });
const ns = "http://www.w3.org/2000/svg";
const marks = document.createElementNS(ns, "svg");
marks.setAttribute("aria-hidden", "true");
marks.setAttribute("preserveAspectRatio", "none");
const boxes = el("div", { class: "boxes" });
const stage = el("div", { class: "stage", tabindex: "0", role: "group" }, picture, marks, boxes);
const ramp = el("canvas", { width: 1, height: 256, role: "img" });
const ticks = el("div", { class: "ticks" });
const scale = el("div", { class: "scale" }, ramp, ticks);
const bars = el("ol", { class: "bars" }), predictions = el("div", {}, el("p", { class: "caption", text: "predictions" }), bars);
const readout = el("p", { class: "readout", role: "status", "aria-live": "polite" });
const right = el("div", { class: "right" }, predictions, readout);
const caption = predictions.firstChild;
const note = el("p", { class: "note" });
const gallery = el("div", { class: "gallery", role: "group", "aria-label": "pictures" });
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

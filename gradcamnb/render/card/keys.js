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

// The keys that a control of the card works with. JupyterLab keeps its shortcuts off elements with
// data-lm-suppress-shortcuts, so the card carries it for these keys alone; every other key is the page's.
const keysOf = e => {
  const at = e.composedPath()[0];
  if (e.ctrlKey || e.metaKey || e.altKey) return false;
  if (e.key === "Tab") return true;
  if (at.tagName === "INPUT" && at.type === "text") return !(e.key === "Enter" && e.shiftKey);
  if (e.shiftKey) return false;
  if (e.key.startsWith("Arrow") || e.key === "Escape") return true;
  if (at.tagName === "INPUT") return ["Home", "End", "PageUp", "PageDown", " "].includes(e.key);
  if (at.tagName === "SELECT") return [" ", "Enter", "Home", "End", "PageUp", "PageDown"].includes(e.key) || e.key.length === 1;
  return at.tagName === "BUTTON" && [" ", "Enter"].includes(e.key);
};
// JupyterLab's shortcuts belong to the cell that has the focus, and it leaves the focus in an output: a key of the
// page's gives it back to the notebook's active cell, and is sent there anew if that is another one.
const givenBack = e => {
  const cell = root.closest(".jp-Cell"), notebook = root.closest(".jp-Notebook");
  const active = (notebook && notebook.querySelector(".jp-Cell.jp-mod-active")) || cell;
  if (!active || active.tabIndex == null || ["Shift", "Control", "Alt", "Meta"].includes(e.key)) return;
  active.focus({ preventScroll: true });
  if (active === cell) return;
  e.stopImmediatePropagation();
  e.preventDefault();
  active.dispatchEvent(new KeyboardEvent("keydown", { key: e.key, code: e.code, keyCode: e.keyCode, which: e.which, shiftKey: e.shiftKey, ctrlKey: e.ctrlKey, altKey: e.altKey, metaKey: e.metaKey, bubbles: true, cancelable: true, composed: true }));
};
const onKey = e => {
  if (!e.isTrusted || !e.composedPath().includes(root)) return;
  const ours = keysOf(e);
  root.toggleAttribute("data-lm-suppress-shortcuts", ours);
  if (ours) root.setAttribute("data-lm-suppress-shortcuts", "true");
  else givenBack(e);
};
// A click elsewhere in the notebook takes the focus there.
const onPress = e => {
  if (document.activeElement !== root || e.composedPath().includes(root)) return;
  const cell = e.target.closest && e.target.closest(".jp-Cell");
  if (cell) cell.focus({ preventScroll: true });
};
const listen = () => {
  const heard = (kind, f) => globalThis.addEventListener(kind, e => {
    if (root.isConnected) f(e);
  }, true);
  heard("keydown", onKey);
  heard("pointerdown", onPress);
};

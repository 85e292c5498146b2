// ---- boxes of detections: a click on one explains it

// The detections that can be chosen: on a live card all, if they are its elements; else those that have a map here, if
// there are several.
const choosable = () => {
  const maps = result().maps, held = rank => maps.some(m => m.found === rank), all = live && live.boxes && !over;
  if (live && !live.boxes || !all && distinct(maps.map(m => m.found || 0).filter(Boolean)).length < 2) return [];
  return (result().found || []).map((d, i) => ({ ...d, rank: i + 1 })).filter(d => all || held(d.rank));
};

// The map at the level that a detection is made of: the last one in the order of execution that is not empty, since no
// later one feeds it. Among layers that were asked for it is taken if the chosen one is empty.
const atLevel = m => {
  if (!live || !live.boxes || !live.levels && m.hi > 0) return m;
  return result().maps.filter(o => targetOf(o) === targetOf(m) && o.method === m.method && o.hi > 0).pop() || m;
};

const targetOfBox = rank => live ? "detection " + rank : targetOf(result().maps.find(m => m.found === rank));

// Buttons over the picture in the order of rank, a smaller box before a larger one that it lies in.
const drawBoxes = () => {
  const f = result().frame, share = (v, of) => 100 * v / of + "%", list = choosable().filter(d => d.box);
  boxes.hidden = !list.length;
  const bySize = list.map(d => area(d.box)).sort((a, b) => b - a);
  const focused = shadow.activeElement && shadow.activeElement.getAttribute("data-rank");
  boxes.replaceChildren(...list.map(d => {
    const [x0, y0, x1, y1] = d.box;
    const b = el("button", { type: "button", "data-rank": d.rank, title: d.words, "aria-label": "explain detection " + d.words, "aria-pressed": String(state.target === targetOfBox(d.rank)), onclick: () => want("target", targetOfBox(d.rank)) }, el("span", { text: d.rank }));
    Object.assign(b.style, { left: share(x0, f.PictureW), top: share(y0, f.PictureH), width: share(x1 - x0, f.PictureW), height: share(y1 - y0, f.PictureH), zIndex: 1 + bySize.indexOf(area(d.box)) });
    return b;
  }));
  if (focused) { const e = boxes.querySelector('[data-rank="' + focused + '"]'); if (e) e.focus(); }
};

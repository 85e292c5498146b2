// ---- live: maps that the card does not hold are asked for (nb.Explore)

let serial = 0, over = !live, comm = null, heard = false;
const status = el("p", { class: "note", role: "status", hidden: !live });
const say = text => { status.textContent = text; };
// GoNB's connection to this card's kernel: that of the page, or one that nb.Explore has put aside for another notebook's.
const connection = () => [globalThis.gonb_comm, (globalThis.gradcamConnections || {})[live.kernel]].find(c => c && c.websocket_is_opened && c._kernel_id === live.kernel);
const send = ask => {
  try { if (comm) comm.send(live.ask, JSON.stringify(ask)); } catch (_) { /* the time-out says it */ }
};
const chosen = () => ({ index: Number(state.target.replace(/^(class|detection) /, "")), layer: state.layer, method: state.method });
// What is looked at, so that it is what stays if the cell ends by itself.
const tellChosen = () => { if (!over) send({ chosen: true, ...chosen() }); };
const ask = () => {
  if (over) {
    const kept = result().maps.filter(m => targetOf(m) === targetOf(current)).length;
    say("This exploration has ended, and the map was not computed: run the cell again.");
    if (kept) { take(current); drawSwitches(); }
    return;
  }
  drawSwitches(); drawBoxes();
  serial++;
  say("computing…");
  card.classList.add("busy");
  send({ serial, ...chosen() });
};
// The map that is held is looked at; what was asked for before it is kept when it comes, and not waited for.
const settle = () => {
  if (!card.classList.contains("busy")) return;
  serial++;
  card.classList.remove("busy");
  say("");
};
const finish = text => {
  if (over) return;
  over = true;
  clearInterval(beat);
  card.classList.remove("busy");
  say(text);
  if (current) { take(current); drawBars(); drawBoxes(); drawSwitches(); }
};
const answered = text => {
  const reply = JSON.parse(text);
  knockedAt = 0;
  heard = true;
  if (status.textContent === slow) say(card.classList.contains("busy") ? "computing…" : "");
  if (reply.pong) return;
  const news = reply.maps || [], same = (a, b) => targetOf(a) === targetOf(b) && a.layer === b.layer && a.method === b.method;
  data.results[0].maps = data.results[0].maps.filter(m => !news.some(n => same(n, m))).concat(news);
  if (reply.serial !== serial) return; // something else was chosen since
  card.classList.remove("busy");
  if (reply.error) { say(reply.error); take(current); tellChosen(); return drawAll(), drawSwitches(); }
  if (reply.made) data.results[0].made = reply.made;
  if (status.textContent.endsWith("…")) say("");
  const m = find();
  if (m) { take(atLevel(m)); drawAll(); drawSwitches(); }
};

// The cell answers a knock at once, also while it computes. Without an answer it has ended: the kernel was restarted,
// the page was loaded anew, or the machine is gone. In a page that is not seen knocks may come only once a minute.
const knocks = 3000, patience = 10000; // milliseconds
const slow = "the cell does not answer yet…";
const gone = "The cell of this card does not answer: it has ended, or the kernel was restarted. What is here stays; run the cell again to explore more.";
let beat = 0, knockedAt = 0; // the first knock without an answer
const tab = live && root.closest(".jp-NotebookPanel"); // JupyterLab keeps it while it shows another one, and drops it if it is closed
const outputs = live && root.closest(".jp-OutputArea");
const knock = () => {
  if (tab && !tab.isConnected) return finish(gone); // nobody knocks any more, and so the cell ends
  if (outputs && outputs.isConnected && !outputs.contains(root)) {
    // The output is drawn anew, and another card has taken over; or it is cleared, as when the cell is run once more.
    if ([null, root].includes(document.getElementById(root.id))) send({ leave: true, ...chosen() });
    return finish(gone);
  }
  const now = performance.now();
  if (knockedAt && now - knockedAt > patience) return finish(gone);
  if (knockedAt) say(slow);
  knockedAt = knockedAt || now;
  send({ ping: true });
};
// The server says by itself that the kernel starts anew or dies, and the kernel that a cell has ended: it runs no other
// one meanwhile. A kernel that a person restarts is only asked what it is.
const overhear = e => {
  if (over) return;
  const m = JSON.parse(e.data), state = m.msg_type === "status" ? m.content.execution_state : "";
  const of = state === "idle" ? m.parent_header.msg_type : "";
  if (["starting", "restarting", "autorestarting", "dead"].includes(state) || of === "execute_request") finish(gone);
  else if (of === "kernel_info_request") knock();
};
// GoNB gives a new connection up that takes half a second; the cell then opens another one.
const closed = () => {
  if (over) return;
  if (heard) return finish(gone);
  clearInterval(beat);
  knockedAt = 0;
  say("connecting to the cell…");
  connect(100);
};
const connect = tries => {
  if (over) return;
  comm = connection();
  if (comm) {
    comm.subscribe(live.reply, (_, text) => answered(text));
    comm._websocket.addEventListener("message", overhear);
    comm._websocket.addEventListener("close", closed);
    send({ hello: true });
    if (card.classList.contains("busy")) send({ serial, ...chosen() }); // was lost with the connection before
    say("preparing the other layers and methods…");
    beat = setInterval(knock, knocks);
  } else if (tries) setTimeout(connect, 100, tries - 1);
  else finish(gone);
};

const stop = el("button", { type: "button", class: "plain", "data-name": "stop", text: "Stop", onclick: () => { send({ stop: true, ...chosen() }); finish("Stopped."); } });
let finder = null;

// The classes that a text may mean: those called so, else those that have it as words, else those that hold it
// anywhere; of several the one that the model finds likeliest, or the first if it does not say.
const fold = s => s.toLowerCase().replace(/[\s_-]+/g, " ").trim();
const classOf = text => {
  const wanted = fold(text), words = s => " " + fold(s).replace(/[^\p{L}\p{N}]+/gu, " ").trim() + " ";
  const likelier = (a, b) => (live.likely[b] ?? 0) - (live.likely[a] ?? 0) || a - b;
  const all = live.labels.map((_, i) => i).sort(likelier);
  const sign = l => l.trim() !== "" && l.trim() === text.trim(); // every label holds a text without a letter
  const rules = !wanted ? [sign] : [l => fold(l) === wanted || l.split(",").some(s => fold(s) === wanted), l => words(l).includes(words(text)), l => fold(l).includes(wanted)];
  for (const [how, rule] of rules.entries()) {
    const found = all.filter(i => rule(live.labels[i]));
    if (found.length) return { index: found[0], exact: how === 0 && found.length === 1, others: found.slice(1) };
  }
  return null;
};
// Why no class is meant by a text: the numbers that there are, or the labels that take the fewest edits to become it.
const noClass = text => {
  const from = fold(text), most = 60, none = "There is no class “" + text.slice(0, most) + "”";
  if (/^\d+$/.test(text) || from.length > most) return none + "; they are numbered from 0 to " + (live.labels.length - 1) + ".";
  const edits = to => {
    let row = Array.from({ length: to.length + 1 }, (_, i) => i);
    for (let i = 1; i <= from.length; i++) {
      const last = row;
      row = [i];
      for (let j = 1; j <= to.length; j++) row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] !== to[j - 1]));
    }
    return row[to.length];
  };
  const costs = live.labels.map((l, i) => [Math.min(...l.split(",").map(s => edits(fold(s)))), i]).filter(([cost]) => cost < from.length);
  const near = costs.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, 3).map(([, i]) => live.labels[i] + " (" + i + ")").join(", ");
  return none + (near ? "; the nearest labels are " + near + "." : "; type another name, or a number from 0.");
};
if (live) {
  const list = el("datalist", { id: "labels" }, ...live.labels.map((l, i) => el("option", { value: l + " (" + i + ")" })));
  const input = el("input", { type: "text", list: "labels", size: 18, placeholder: "name or number", "data-name": "class", "aria-label": "class by name or number" });
  const pick = () => {
    const text = input.value.trim(), tail = text.match(/\((\d+)\)$/) || text.match(/^(\d+)$/);
    if (!text) return;
    const found = tail ? { index: Number(tail[1]), exact: true } : classOf(text);
    if (!found || live.labels.length && found.index >= live.labels.length) return say(noClass(text));
    input.value = "";
    want("target", "class " + found.index);
    if (!found.exact) {
      const others = found.others.slice(0, 3).map(i => live.labels[i] + " (" + i + ")").join(", ");
      say("“" + text + "” was taken for " + live.labels[found.index] + " (" + found.index + ")" + (others ? ", the " + (live.likely.length ? "likeliest" : "first") + " of several; others are " + others : "") + (found.others.length > 3 ? " and " + (found.others.length - 3) + " more" : "") + ".");
    }
  };
  input.addEventListener("change", pick);
  input.addEventListener("keydown", e => { if (e.key === "Enter" && !e.shiftKey && !e.ctrlKey && !e.altKey && !e.metaKey) pick(); }); // JupyterLab keeps Enter from becoming a change
  finder = el("label", {}, "any class", input, list);
}

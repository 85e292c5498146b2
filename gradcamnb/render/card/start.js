// ---- start

// The picture that the still figure shows stands in the page once, there.
const sourceOf = i => {
  if (i !== data.open[0] || data.results[i].slices) return data.results[i].picture;
  return data.results[i].hasPicture ? still.style.backgroundImage.match(/url\("([^"]*)"\)$/)[1] : "";
};

const readPicture = () => {
  const i = state.picture, r = data.results[i], src = sourceOf(i);
  if (pixels[i] || towers[i] || !src) return Promise.resolve();
  const img = new Image();
  img.src = src;
  return img.decode().then(() => {
    if (r.slices) return void (towers[i] = { image: img });
    const c = el("canvas", { width: r.size[0], height: r.size[1] }).getContext("2d");
    c.drawImage(img, 0, 0, r.size[0], r.size[1]);
    pixels[i] = c.getImageData(0, 0, r.size[0], r.size[1]).data;
  });
};

// Dark pages: the ground below the card is dark. JupyterLab's colours come as variables; elsewhere the card has its own.
const dark = () => {
  for (let e = root.parentElement; e; e = e.parentElement) {
    const c = (getComputedStyle(e).backgroundColor.match(/[\d.]+/g) || []).map(Number);
    if (c.length >= 3 && c[3] !== 0) return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] < 128;
  }
  const schemes = getComputedStyle(document.documentElement).colorScheme;
  return schemes.includes("dark") && (!schemes.includes("light") || globalThis.matchMedia("(prefers-color-scheme: dark)").matches);
};
const theme = () => {
  const isDark = dark();
  card.toggleAttribute("data-dark", isDark);
  card.style.colorScheme = isDark ? "dark" : "light";
};
for (const e of [document.documentElement, document.body]) if (e) new MutationObserver(() => requestAnimationFrame(theme)).observe(e, { attributes: true });
if (globalThis.matchMedia) globalThis.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);

// The outputs just before the card's own that show the same without playing: a figure and a table of nb.Show. They are
// hidden while the card plays, and the button shows them.
const covered = [];
for (let e = (root.closest(".jp-OutputArea-child, .output_area") || {}).previousElementSibling, n = Number(root.dataset.covers || 0); e && n > 0; e = e.previousElementSibling, n--) {
  if (!e.querySelector("img, table, .jp-RenderedMarkdown")) break; // JupyterLab draws a table late
  covered.push(e);
}
const uncover = el("button", { type: "button", class: "plain", "data-name": "figure", "aria-expanded": "false", text: "figure and table", hidden: !covered.length, onclick: () => {
  const shown = uncover.getAttribute("aria-expanded") !== "true";
  uncover.setAttribute("aria-expanded", String(shown));
  for (const e of covered) e.style.display = shown ? "" : "none";
} });
tools.append(uncover);

state.picture = data.open[0];
take(result().maps[data.open[1]]);
readPicture().then(() => {
  shadow = root.attachShadow({ mode: "open" });
  card.append(title, sub, why, trust, switches, status, tools, el("div", { class: "body" }, el("div", { class: "left" }, stage, scale), right), note, gallery, grid);
  shadow.append(css, card);
  theme();
  drawGallery();
  drawSwitches();
  drawAll();
  listen();
  for (const e of covered) e.style.display = "none";
  if (!live) return;
  globalThis.addEventListener("pagehide", () => { if (!over && root.isConnected) send({ leave: true, ...chosen() }); });
  // A page without a notebook's server, such as an exported one, can reach no kernel.
  if (!document.getElementById("jupyter-config-data")) return finish("No kernel runs behind this page. What is here stays; to explore more, run the cell in JupyterLab.");
  say("connecting to the cell…");
  connect(100);
});

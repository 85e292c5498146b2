"""Plays with a live card in JupyterLab in headless Chromium and prints what came of it as JSON.

usage: explore.py NOTEBOOK FOLDER [--mute] [--late] [--dead] [--app jupyterlab|notebook] [--certificate FILE] [--hub]

The notebook's only cell explores. Screenshots go to the folder. With --mute the page cannot open GoNB's connection, as in an
editor of its own: it waits for the cell's end and looks at what is left. With --dead the
kernel is restarted meanwhile. With --late the page gives up its first connection to GoNB, as on a busy machine.
--app says which page it is, a certificate has it served over https, and --hub has it behind a JupyterHub.
"""
import argparse
import json
import pathlib
import time

from jupyterlab_browser import chromium, hub, idle, lab, open_notebook

parser = argparse.ArgumentParser()
parser.add_argument("notebook", type=pathlib.Path)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--mute", action="store_true")
parser.add_argument("--late", action="store_true")
parser.add_argument("--dead", action="store_true")
parser.add_argument("--app", default="jupyterlab")
parser.add_argument("--certificate", type=pathlib.Path)
parser.add_argument("--hub", action="store_true")
args = parser.parse_args()
notebook, folder = args.notebook, args.folder
out = {}

# GoNB's page waits half a second for the kernel's answer to its first message; here the first answer is lost.
LATE = """
  const wait = globalThis.setTimeout;
  let first = true;
  globalThis.setTimeout = (f, ...rest) => {
    if (first && String(f).includes("comm_open_ack")) {
      first = false;
      queueMicrotask(() => { globalThis.gonb_comm._onopen_ack = null; });
    }
    return wait(f, ...rest);
  };
"""

# JupyterLab's own connection to the kernel has a session behind the address.
MUTE = """
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(url, ...rest) { super(String(url).replace(/channels$/, "nothing"), ...rest); }
  };
"""

# Milliseconds from an action on the card to the picture, drawn by the browser.
MEASURE = """async (root, [action, value]) => {
  const $ = name => root.shadowRoot.querySelector(`[data-name="${name}"]`);
  const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const canvas = root.shadowRoot.querySelector("canvas.picture");
  const before = canvas.toDataURL();
  const drawn = new Promise(done => root.addEventListener("gradcam-drawn", done, {once: true}));
  const start = performance.now();
  const input = $(action);
  input.value = value;
  input.dispatchEvent(new Event("input"));
  input.dispatchEvent(new Event("change"));
  if (action === "class" || action === "layer") await drawn;
  await painted();
  return {ms: performance.now() - start, changed: canvas.toDataURL() !== before};
}"""


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


server = hub(notebook.parent) if args.hub else lab(notebook.parent, app=args.app, certificate=args.certificate)
with server as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100}, ignore_https_errors=True)
    if args.hub:
        address, sign_in = address
        sign_in(page)
    if args.late:
        page.add_init_script(LATE)
    if args.mute:
        page.add_init_script(MUTE)
    errors = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    open_notebook(page, address(notebook.name))
    errors.clear()  # the page's own, before anything of ours is in it
    started = time.time()
    page.keyboard.press("Control+Enter")
    if args.mute:
        idle(page)
    else:
        card = page.locator(".gradcam-card")
        try:
            card.locator(".stage").wait_for()
        except Exception:
            page.screenshot(path=folder / "explore-failed.png", full_page=True)
            raise
        out["seconds to the first picture"] = time.time() - started
        card.locator('[data-name="layer"]').wait_for()
        out["seconds to all layers"] = time.time() - started
        root = card.first
        measure = lambda action, value: root.evaluate(MEASURE, [action, str(value)])
        layers = int(card.locator('[data-name="layer"]').get_attribute("max")) + 1
        for action, values in {
            "opacity": range(20, 95, 5),
            "layer": [i % layers for i in range(15)],
            "class": [281, 282, 287, 291, 728, 673, 153, 207, 340, 999, 1, 500, 388],
        }.items():
            runs = [measure(action, v) for v in values]
            out[action] = {"median": median([r["ms"] for r in runs]), "worst": max(r["ms"] for r in runs), "changed": sum(r["changed"] for r in runs), "of": len(runs)}
        card.screenshot(path=folder / "explore-live.png")
        out["text"] = card.locator("p.sub").inner_text()
        # A class that the model does not have is said, and nothing breaks.
        field = card.locator('[data-name="class"]')
        field.press_sequentially("no such thing")
        field.press("Enter")
        out["unknown class"] = card.locator("p[role=status].note").inner_text()
        field.fill("")
        field.press_sequentially("lion")  # "sea lion" holds it, too, and has a lower number
        field.press("Enter")
        page.wait_for_function("() => /\\(lion\\)/.test(document.querySelector('.gradcam-card').shadowRoot.querySelector('p.sub').textContent)")
        out["lion"] = card.locator("p.sub").inner_text()
        field.fill("")
        field.press_sequentially("cat")
        field.press("Enter")
        card.locator("p[role=status].note", has_text="was taken for").wait_for()
        out["cat"] = card.locator("p[role=status].note").inner_text()
        page.wait_for_function("() => /class 28\\d/.test(document.querySelector('.gradcam-card').shadowRoot.querySelector('p.sub').textContent)")
        out["last"] = card.locator("h3").inner_text() + "; " + card.locator("p.sub").inner_text().split(" · ")[0]
        if args.dead:
            # The kernel is restarted under the card: it says so, and nothing on it waits for ever.
            page.evaluate("""async () => { const id = (await (await fetch('/api/kernels')).json())[0].id;
              const xsrf = (document.cookie.match(/_xsrf=([^;]*)/) || [])[1];
              await fetch(`/api/kernels/${id}/restart`, {method: 'POST', headers: {'X-XSRFToken': xsrf || ''}}); }""")
            # Of a kernel that takes its time, the cell may leave what was looked at, as at an interruption.
            page.wait_for_function("""() => { const cards = [...document.querySelectorAll('.gradcam-card')].filter(c => c.shadowRoot);
              return cards.length && !cards.some(c => c.shadowRoot.querySelector('[data-name="stop"]')); }""")
            left = page.locator(".jp-OutputArea-output", has_text="what was looked at").count()
            out["dead"] = "left" if left else " ".join(card.locator("p[role=status].note").all_inner_texts())
            out["busy"] = card.locator(".busy").count()
            print(json.dumps(out))
            raise SystemExit
        card.locator('[data-name="stop"]').click()
        idle(page)
        out["seconds"] = time.time() - started
    page.locator(".gradcam-card .stage").first.wait_for()
    page.locator(".jp-RenderedMarkdown p").first.wait_for()
    page.locator(".jp-OutputArea-output img").first.wait_for(state="attached")
    page.locator('[data-name="stop"]').wait_for(state="detached")
    page.wait_for_timeout(1500)  # nothing comes after that
    out["pictures"] = page.locator(".jp-OutputArea-output img").count()
    if not args.mute:
        out["opens"] = page.locator(".gradcam-card h3").inner_text() + "; " + page.locator(".gradcam-card p.sub").inner_text().split(" · ")[0]
    out["cards"] = page.locator(".gradcam-card .stage").count()
    out["stop buttons"] = page.locator('[data-name="stop"]').count()
    out["said"] = page.locator(":is(.jp-RenderedHTML, .jp-RenderedMarkdown).jp-OutputArea-output").all_inner_texts()
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / ("explore-mute.png" if args.mute else "explore-left.png"), full_page=True)
    out["errors"] = errors
print(json.dumps(out))

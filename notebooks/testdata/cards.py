"""Plays with the cards of a notebook in headless Chromium and prints what is seen as JSON.

usage: cards.py NOTEBOOK FOLDER

The notebook's first card holds two layers and a true box, its second a hostile label. It
is opened in JupyterLab, trusted, untrusted and dark, and as pages of nbconvert, whole
and sanitised. Screenshots and what the canvas shows go to the folder.
"""
import base64
import json
import pathlib
import shutil
import sys

import nbconvert
import nbformat
from jupyterlab_browser import chromium, lab
from traitlets.config import Config

notebook, folder = map(pathlib.Path, sys.argv[1:])
out = {}

CONTRAST = """root => {
  const channels = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
  const light = c => { const [r, g, b] = channels(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const ground = light(getComputedStyle(root.shadowRoot.querySelector(".card")).backgroundColor);
  return Math.min(...["h3", ".sub", "label", "output", ".readout", ".bars .name", ".why", ".ticks span"].map(s => root.shadowRoot.querySelector(s)).filter(Boolean).map(e => {
    const c = light(getComputedStyle(e).color);
    return (Math.max(c, ground) + 0.05) / (Math.min(c, ground) + 0.05);
  }));
}"""


def watched(browser, **options):
    page = browser.new_page(viewport={"width": 1280, "height": 1400}, **options)
    page.alerts, page.errors = [], []
    page.on("dialog", lambda d: (page.alerts.append(d.message), d.dismiss()))
    page.on("pageerror", lambda e: page.errors.append(str(e)))
    page.far = []
    page.on("request", lambda r: page.far.append(r.url) if not r.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "file:", "data:", "blob:")) else None)
    return page


def no_kernel(page):
    """Answers JupyterLab, which asks for a kernel: none is needed."""
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def play(page, name):
    """Uses everything on the first card."""
    seen = {}
    card = page.locator(".gradcam-card").nth(0)
    card.locator(".stage").wait_for()
    canvas, stage = card.locator("canvas.picture"), card.locator(".stage")
    pixels = lambda: canvas.evaluate("c => c.toDataURL('image/png')")
    save = lambda file: (folder / f"{name}-{file}.png").write_bytes(base64.b64decode(pixels().split(",")[1]))
    seen["title"] = card.locator("h3").inner_text()
    seen["diagnosis"] = card.locator(".why").inner_text() if card.locator(".why").is_visible() else ""
    figures = lambda: page.evaluate("() => [...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => i.offsetWidth).length")
    page.locator(".gradcam-card").nth(1).locator(".stage").wait_for()
    seen["covered"] = [figures()]
    for _ in range(2):
        card.locator('[data-name="figure"]').click()
        seen["covered"].append(figures())
    seen["contrast"] = card.evaluate(CONTRAST)
    seen["explained"] = card.locator(".bars .explained .name").all_inner_texts()
    save("overlay")
    opacity = card.locator('[data-name="opacity"]')
    opacity.fill("0")
    save("transparent")
    opacity.fill("75")
    card.locator('[data-name="colours"]').select_option(label="jet")
    save("jet")
    card.locator('[data-name="colours"]').select_option(index=0)
    card.locator('[data-name="region from"]').fill("50")
    seen["region"] = card.locator("rect.region").evaluate("e => ['x', 'y', 'width', 'height'].map(k => Number(e.getAttribute(k)))")
    seen["readout"] = card.locator(".readout").inner_text()
    card.locator('[data-name="region from"]').fill("0")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    seen["hover"] = card.locator(".readout").inner_text()
    seen["marks"] = {k: card.locator(f"rect.{k}").count() for k in ["cell", "field", "region", "truth"]}
    page.mouse.move(5, 5)
    seen["left"] = card.locator("rect").count()
    stage.focus()
    page.keyboard.press("ArrowRight")
    first = card.locator(".readout").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    seen["keys"] = [first, card.locator(".readout").inner_text()]
    page.keyboard.press("Escape")
    opacity.focus()
    page.keyboard.press("ArrowLeft")
    seen["opacity by key"] = opacity.input_value()
    opacity.fill("75")
    layer = card.locator('[data-name="layer"]')
    layer.select_option(index=1)
    seen["box"] = card.locator("rect.box").evaluate("e => ['x', 'y', 'width', 'height'].map(k => Number(e.getAttribute(k)))")
    seen["second layer"] = card.locator("h3").inner_text()
    save("second")
    card.locator('.grid button').nth(0).click()
    seen["back by thumbnail"] = card.locator("h3").inner_text()
    seen["unnamed"] = card.evaluate("root => [...root.shadowRoot.querySelectorAll('input, select, button, canvas, .stage')].filter(e => !(e.getAttribute('aria-label') || e.closest('label') || e.textContent.trim() || e.querySelector('[aria-label]'))).length")
    stage.scroll_into_view_if_needed()
    card.screenshot(path=folder / f"{name}.png")
    hostile = page.locator(".gradcam-card").nth(1)
    hostile.locator("h3").wait_for()
    seen["hostile"] = hostile.evaluate("root => ({title: root.shadowRoot.querySelector('h3').textContent, bar: root.shadowRoot.querySelector('.bars .name').textContent, elements: root.shadowRoot.querySelectorAll('script, img, b, iframe').length, wide: root.scrollWidth > root.clientWidth + 1})")
    hostile.screenshot(path=folder / f"{name}-hostile.png")
    seen["alerts"], seen["errors"], seen["far"] = page.alerts, page.errors, page.far
    return seen


def keys(page):
    """Presses the page's own keys with the focus in the card: they work as they do beside it."""
    card, cells = page.locator(".gradcam-card").nth(0), page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    card.locator('[data-name="opacity"]').click()
    page.keyboard.press("ArrowRight")
    kept = cells.count() == before
    page.keyboard.press("b")  # a new cell below
    cells.nth(before).wait_for()
    added = cells.count() - before
    card.locator(".stage").click()
    page.keyboard.press("Shift+Enter")  # runs the cell: with no kernel JupyterLab asks for one
    try:
        page.locator(".jp-Dialog").wait_for()
        ran = True
        page.keyboard.press("Escape")
    except Exception:
        ran = False
    return {"kept": kept, "added": added, "ran": ran}


def stripped(page, name):
    """Looks at what is left where no script runs."""
    card = page.locator(".gradcam-card")
    seen = {"live": page.evaluate("() => [...document.querySelectorAll('div')].filter(d => d.shadowRoot && d.shadowRoot.querySelector('.stage')).length"),
            "controls": page.locator(".jp-OutputArea-output input, .jp-OutputArea-output select").count(),
            "pictures": page.evaluate("() => [...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => i.complete && i.naturalWidth && i.offsetWidth).length"),
            "without text": page.evaluate("() => [...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => !i.alt).length"),
            "stills": page.locator('.jp-OutputArea-output [style*="background-image"]').evaluate_all("all => all.filter(e => e.offsetWidth && e.title).length"),
            "text": page.locator(".jp-OutputArea-output").all_inner_texts(), "alerts": page.alerts, "far": page.far}
    stack = page.locator('.jp-OutputArea-output [style*="background-image"]').first
    if seen["stills"]:
        stack.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        stack.screenshot(path=folder / f"{name}-still.png")
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    return seen


untrusted = notebook.with_name("untrusted.ipynb")
node = nbformat.read(notebook, as_version=4)
node.metadata["title"] = node.metadata.get("title", "")  # another file than the trusted one
node.cells[0].source += "\n# untrusted"
nbformat.write(node, untrusted)
with chromium() as browser:
    for theme in ["Light", "Dark"]:
        with lab(notebook.parent, theme="JupyterLab " + theme, trust=[notebook]) as address:
            page = watched(browser)
            page.goto(address(notebook.name))
            page.locator(".gradcam-card .stage").first.wait_for()
            no_kernel(page)
            out["lab " + theme] = play(page, "lab-" + theme)
            if theme == "Light":
                out["lab " + theme]["page keys"] = keys(page)
            page.close()
            if theme == "Light":
                page = watched(browser)
                page.goto(address(untrusted.name))
                page.locator(".jp-OutputArea-output img").nth(1).wait_for()
                no_kernel(page)
                out["lab untrusted"] = stripped(page, "lab-untrusted")
                page.close()
    for name, config in {"page": {}, "sanitised": {"sanitize_html": True}}.items():
        config = Config({"HTMLExporter": {"require_js_url": "", "mathjax_url": "", **config}})  # its own scripts from elsewhere
        html, _ = nbconvert.HTMLExporter(config=config).from_notebook_node(nbformat.read(notebook, as_version=4), {"metadata": {"name": node.metadata["title"]}})
        file = folder / f"{name}.html"
        file.write_text(html, encoding="utf-8")
        page = watched(browser)
        page.goto(f"file://{file.resolve()}")
        out[name] = play(page, name) if name == "page" else stripped(page, name)
        out[name]["page title"] = page.title()
        page.close()
print(json.dumps(out))

"""Runs a long cell in JupyterLab in headless Chromium and prints what its progress said as JSON.

usage: progress.py NOTEBOOK FOLDER

Prints {"lines": [...], "together": N, "left": [...], "gap": PIXELS}: every text that the
line had, in order; how many lines were there at once, at most; what is there of it when
the cell has ended, and how high that is. A screenshot of the line goes to the folder, and
the notebook is saved.
"""
import json
import pathlib
import sys
import time

from jupyterlab_browser import PATIENCE, chromium, idle, lab, open_notebook

notebook, folder = map(pathlib.Path, sys.argv[1:])
LINES = "[...document.querySelectorAll('.jp-CodeCell :is(.jp-RenderedHTML, .jp-RenderedMarkdown)')].filter(e => /^(explaining|counting)/.test(e.textContent))"
WATCH = """() => {
  window.said = []; window.together = 0;
  new MutationObserver(() => {
    const lines = """ + LINES + """;
    window.together = Math.max(window.together, lines.length);
    for (const l of lines) if (window.said.at(-1) !== l.textContent.trim()) window.said.push(l.textContent.trim());
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""

with lab(notebook.parent) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    open_notebook(page, address(notebook.name))
    page.evaluate(WATCH)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => window.said.some(l => l.includes('pass '))")
    page.screenshot(path=folder / "progress.png")
    idle(page)
    page.wait_for_timeout(1500)
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + PATIENCE
    while "image/png" not in notebook.read_text(encoding="utf-8") and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    page.screenshot(path=folder / "progress-ended.png", full_page=True)
    empty = "[...document.querySelectorAll('.jp-CodeCell .jp-OutputArea-child')].filter(e => !e.querySelector('img, .gradcam-card') && !e.textContent.replace(/\\[\\d*\\]:/, '').trim())"
    print(json.dumps({
        "lines": page.evaluate("window.said"),
        "together": page.evaluate("window.together"),
        "left": page.evaluate(LINES + ".map(e => e.textContent)"),
        "gap": page.evaluate(empty + ".reduce((sum, e) => sum + e.getBoundingClientRect().height, 0)"),
    }))

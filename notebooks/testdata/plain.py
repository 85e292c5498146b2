"""Runs a cell in JupyterLab in headless Chromium that writes plain text only, and prints what it said as JSON.

usage: plain.py NOTEBOOK

Prints {"lines": [...], "left": TEXT}: every text that its output had, in order, and what is there at the end.
"""
import json
import pathlib
import sys
import time

from jupyterlab_browser import PATIENCE, chromium, lab, open_notebook

notebook = pathlib.Path(sys.argv[1])
TEXT = "() => [...document.querySelectorAll('.jp-CodeCell .jp-RenderedText')].map(e => e.textContent).join('\\n')"
lines = []

with lab(notebook.parent) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    open_notebook(page, address(notebook.name))
    page.keyboard.press("Control+Enter")
    for _ in range(5 * PATIENCE):
        text = page.evaluate(TEXT).strip()
        if not lines or lines[-1] != text:
            lines.append(text)
        if "maps:" in text:
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)
    left = page.evaluate(TEXT)
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + PATIENCE
    while "maps: 1" not in notebook.read_text(encoding="utf-8") and time.monotonic() < deadline:
        page.wait_for_timeout(100)
print(json.dumps({"lines": lines, "left": left}))

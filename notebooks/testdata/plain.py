"""Runs a cell in JupyterLab in headless Chromium that writes plain text only, and prints what it said as JSON.

usage: plain.py NOTEBOOK

Prints {"lines": [...], "left": TEXT}: every text that its output had, in order, and what is there at the end.
"""
import json
import pathlib
import sys

from jupyterlab_browser import chromium, lab, open_notebook

notebook = pathlib.Path(sys.argv[1])
TEXT = "() => [...document.querySelectorAll('.jp-CodeCell .jp-RenderedText')].map(e => e.textContent).join('\\n')"
lines = []

with lab(notebook.parent) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    open_notebook(page, address(notebook.name), 60_000)
    page.keyboard.press("Control+Enter")
    for _ in range(600):
        text = page.evaluate(TEXT).strip()
        if not lines or lines[-1] != text:
            lines.append(text)
        if "maps:" in text:
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)
    left = page.evaluate(TEXT)
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
print(json.dumps({"lines": lines, "left": left}))

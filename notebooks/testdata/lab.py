"""Opens a notebook in JupyterLab in headless Chromium and photographs its first picture.

usage: lab.py NOTEBOOK SCREENSHOT

Ends with an error where the notebook shows no picture within a minute.
"""
import pathlib
import sys

from jupyterlab_browser import chromium, lab

notebook, screenshot = map(pathlib.Path, sys.argv[1:])
with lab(notebook.parent) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1900, "height": 1400})
    page.goto(address(notebook.name))
    picture = page.locator(".jp-NotebookPanel .jp-OutputArea-output img").first
    picture.wait_for()
    page.wait_for_function("() => { const i = document.querySelector('.jp-NotebookPanel .jp-OutputArea-output img'); return i && i.complete && i.naturalWidth > 0 }")
    page.keyboard.press("Escape")
    picture.scroll_into_view_if_needed()
    box = None  # Chromium draws pictures at whole pixels
    while box != (box := picture.bounding_box()):  # until nothing moves it
        page.wait_for_timeout(1000)
    page.screenshot(path=screenshot, clip={"x": round(box["x"]), "y": round(box["y"]), "width": round(box["width"]), "height": round(box["height"])})
    print(page.evaluate("() => { const i = document.querySelector('.jp-NotebookPanel .jp-OutputArea-output img'); return `${i.width}x${i.height} of ${i.naturalWidth}x${i.naturalHeight}` }"))

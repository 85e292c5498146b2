"""Goes through all that the switches of a card offer, in headless Chromium.

usage: grid.py PAGE FOLDER

PAGE is a card as a page of its own. For every choice of picture, target, layer and method,
by their places in the lists, what the canvas shows goes to FOLDER/P-T-L-M.png; the titles
are printed as JSON.
"""
import base64
import itertools
import json
import pathlib
import sys

from jupyterlab_browser import chromium, drawing

page_file, folder = map(pathlib.Path, sys.argv[1:])
SWITCHES = ["picture", "target", "layer", "method"]
titles, errors = {}, []

with chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(f"file://{page_file.resolve()}")
    card = page.locator(".gradcam-card")
    card.locator(".stage").wait_for()
    switch = lambda name: card.locator(f'[data-name="{name}"]')
    for places in itertools.product(*[range(switch(s).locator("option").count()) for s in SWITCHES]):
        for name, place in zip(SWITCHES, places):
            with drawing(card):
                switch(name).select_option(index=place)
        key = "-".join(map(str, places))
        titles[key] = card.locator("h3").inner_text() + "; " + card.locator("p.sub").inner_text()
        data = card.locator("canvas.picture").evaluate("c => c.toDataURL('image/png')")
        (folder / f"{key}.png").write_bytes(base64.b64decode(data.split(",")[1]))
    card.screenshot(path=folder / "grid.png")
print(json.dumps({"titles": titles, "errors": errors}))

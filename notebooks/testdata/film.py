"""Plays with the slider of a film's card in headless Chromium and prints what is seen as JSON.

usage: film.py PAGE FOLDER

PAGE is the card as a page of its own. The slider is drawn to every frame and then moved by keys. What the canvas shows
of frame I goes to FOLDER/I.png. Prints {"opened": FRAME, "frames": [[NAME, SUBTITLE], ...], "keys": [NAME, ...], "focused":
the name of what has the focus then, "pictures": the number of other choices of a picture, "errors": [...]}.
"""
import base64
import json
import pathlib
import sys

from jupyterlab_browser import chromium, drawing

page_file, folder = map(pathlib.Path, sys.argv[1:])
errors = []

with chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(page_file.resolve().as_uri())
    card = page.locator(".gradcam-card")
    card.locator(".stage").wait_for()
    slider = card.locator('[data-name="frame"]')
    name = lambda: card.locator("label.frame output").inner_text()
    seen = {"opened": name(), "frames": [], "keys": [], "pictures": card.locator('[data-name="picture"]').count(), "errors": errors}
    for i in range(int(slider.get_attribute("max")) + 1):
        with drawing(card):
            slider.fill(str(i))
        seen["frames"].append([name(), card.locator(".sub").first.inner_text()])
        data = card.locator("canvas.picture").evaluate("c => c.toDataURL('image/png')")
        (folder / f"{i}.png").write_bytes(base64.b64decode(data.split(",")[1]))
    slider.focus()
    for key in ["Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End"]:
        with drawing(card):
            page.keyboard.press(key)
        seen["keys"].append(name())
    seen["focused"] = card.evaluate("root => root.shadowRoot.activeElement.getAttribute('data-name')")
print(json.dumps(seen))

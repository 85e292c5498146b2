"""Measures where everything of a card lies at many widths, in headless Chromium, and prints it as JSON.

usage: widths.py PAGE FOLDER WIDTH...

PAGE is a card as a page of its own, whose map has a region from 50 %. For every width the boxes of the canvas, of the
marks on it, of the buttons of detections and of the colour bar are printed, in CSS pixels, and what stands out to the side. A width of 640z is a
window of 1280 pixels at 200 % zoom. Screenshots go to the folder.
"""
import json
import pathlib
import sys

from jupyterlab_browser import chromium

page_file, folder = map(pathlib.Path, sys.argv[1:3])
BOX = "e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; }"
AXIS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
out = {}

with chromium() as browser:
    for width in sys.argv[3:]:
        zoomed = width.endswith("z")
        css = int(width.rstrip("z"))
        page = browser.new_page(viewport={"width": css, "height": 900}, device_scale_factor=2 if zoomed else 1)
        errors = []
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(f"file://{page_file.resolve()}")
        card = page.locator(".gradcam-card")
        card.locator(".stage").wait_for()
        # What stands out of the card to the side, and what is empty below the words about the map.
        out_of = card.evaluate("root => { const c = root.shadowRoot.querySelector('.card'), right = c.getBoundingClientRect().right; return [...c.querySelectorAll(':is(.switches, .tools, .right) *')].filter(e => e.getBoundingClientRect().right > right).map(e => e.outerHTML.slice(0, 80)); }")
        gap = card.locator(".readout").evaluate("e => { const words = document.createRange(); words.selectNodeContents(e); return e.getBoundingClientRect().bottom - words.getBoundingClientRect().bottom; }")
        card.locator('[data-name="region from"]').fill("50")
        where = lambda: {name: card.locator(css).first.evaluate(BOX) for name, css in
                         {"canvas": "canvas.picture", "marks": ".stage svg", "bar": ".scale canvas", "region": "rect.region", "opacity": '[data-name="opacity"]'}.items()}
        seen = {"boxes": where(), "errors": errors, "out": out_of, "gap": gap, "buttons": [b.evaluate(BOX) for b in card.locator(".boxes button").all()]}
        stage = card.locator(".stage")
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        before = seen["boxes"]["opacity"][1] - seen["boxes"]["canvas"][1]
        at = where()
        seen["cell"] = card.locator("rect.cell").evaluate(BOX)
        seen["canvas then"] = at["canvas"]
        seen["moved"] = at["opacity"][1] - at["canvas"][1] - before
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] + 4)
        seen["below"] = card.locator("rect.cell").count()
        seen["wide"] = page.evaluate(AXIS)
        page.screenshot(path=folder / f"{width}.png", full_page=True)
        if width == "800":
            page.emulate_media(color_scheme="dark")
            card.locator(".card[data-dark]").wait_for()
            seen["dark"] = card.locator(".card").evaluate("e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]")
            page.screenshot(path=folder / f"{width}-dark.png", full_page=True)
            page.emulate_media(color_scheme="light", media="print")
            card.locator(".card:not([data-dark])").wait_for()
            seen["print"] = {**{k: v for k, v in where().items() if k != "opacity"}, "tools": card.locator(".tools").is_visible()}
            page.screenshot(path=folder / f"{width}-print.png", full_page=True)
        out[width] = seen
        page.close()
print(json.dumps(out))

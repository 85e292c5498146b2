"""Explores a detector by the boxes of its live card in JupyterLab in headless Chromium and prints what came of it as JSON.

usage: boxes.py NOTEBOOK FOLDER BASE

Of the notebook's one cell the second box is clicked, the first is reached by Shift+Tab and pressed by Enter, and Stop is pressed.
Screenshots go to the folder. BASE is the server's base URL.
"""
import json
import pathlib
import sys

from jupyterlab_browser import PATIENCE, chromium, lab, open_notebook

notebook, folder, base = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
seen, errors = [], []
with lab(notebook.parent, base) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    page.on("pageerror", lambda e: errors.append(str(e)))
    open_notebook(page, address(notebook.name))
    cell = page.locator(".jp-CodeCell").first
    page.keyboard.press("Control+Enter")
    live = cell.locator(".gradcam-card", has=page.locator('[data-name="stop"]'))
    live.locator(".boxes button").first.wait_for()
    status, box = live.locator("p[role=status].note"), lambda rank: live.locator(f'.boxes [data-rank="{rank}"]')

    def look(name):
        """Waits for the answer and keeps what the card shows."""
        for _ in range(10 * PATIENCE):
            if not status.inner_text().endswith("…"):
                break
            page.wait_for_timeout(100)
        live.screenshot(path=folder / f"boxes-{name}.png")
        pressed = live.locator(".boxes [aria-pressed=true]")
        seen.append({"sub": live.locator("p.sub").inner_text(), "said": status.inner_text(), "title": live.locator("h3").inner_text(), "boxes": live.locator(".boxes button").count(), "pressed": [p.get_attribute("aria-label") for p in pressed.all()], "picker": live.locator('[data-name="target"]').input_value(), "fields": live.locator('[data-name="class"]').count()})

    look("opens")
    box(2).click(position={"x": 5, "y": 5})
    look("clicked")
    box(2).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    look("by-keys")
    live.locator('[data-name="stop"]').click()
    cell.locator(".jp-RenderedMarkdown pre").first.wait_for()
    code = cell.locator(".jp-RenderedMarkdown pre").all_inner_texts()[-1]
    kept = cell.locator(".gradcam-card .boxes button")
    kept.first.wait_for()
    boxes_left = kept.count()
    cell.locator('.gradcam-card .boxes [data-rank="2"]').click(position={"x": 5, "y": 5})
    left = cell.locator(".gradcam-card p.sub").inner_text()
    cell.locator(".gradcam-card").screenshot(path=folder / "boxes-left.png")
print(json.dumps({"seen": seen, "code": code, "boxesLeft": boxes_left, "left": left, "errors": errors}))

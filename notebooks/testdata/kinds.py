"""Explores a target of every kind in one JupyterLab in headless Chromium and prints what came of each as JSON.

usage: kinds.py NOTEBOOK FOLDER BASE [ELEMENT]...

Every cell of the notebook explores one target; its card is live, the element is chosen where one is given (- is none), and Stop
is pressed. Screenshots go to the folder. BASE is the server's base URL.
"""
import json
import pathlib
import sys

from jupyterlab_browser import PATIENCE, chromium, idle, lab, open_notebook

notebook, folder, base = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
out = []
with lab(notebook.parent, base) as address, chromium() as browser:
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    errors = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    open_notebook(page, address(notebook.name))
    for i, element in enumerate(sys.argv[4:]):
        cell = page.locator(".jp-CodeCell").nth(i)
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        live = cell.locator(".gradcam-card", has=page.locator('[data-name="stop"]'))
        live.locator(".stage").wait_for()
        sub = live.locator("p.sub")
        page.wait_for_function(
            "i => { const c = document.querySelectorAll('.jp-CodeCell')[i].querySelector('.gradcam-card'); return c && c.shadowRoot && !c.shadowRoot.querySelector('p[role=status]').textContent.endsWith('…'); }", arg=i)
        seen = {"opens": sub.inner_text(), "said": live.locator("p[role=status].note").inner_text(), "fields": live.locator('[data-name="class"]').count(), "predictions": live.locator(".bars .name").all_inner_texts()}
        if element != "-":
            before = seen["opens"]
            field = live.locator('[data-name="class"]')
            field.fill(element)
            field.press("Enter")
            for _ in range(10 * PATIENCE):
                note = live.locator("p[role=status].note").inner_text()
                if sub.inner_text() != before or note and not note.endswith("…"):
                    break
                page.wait_for_timeout(100)
            seen["then"], seen["note"] = sub.inner_text(), note
        live.screenshot(path=folder / f"kind-{i}.png")
        live.locator('[data-name="stop"]').click()
        idle(page, i)
        cell.locator(".jp-RenderedMarkdown pre").first.wait_for()
        seen["code"] = cell.locator(".jp-RenderedMarkdown pre").all_inner_texts()[-1]
        seen["left"] = cell.locator(".gradcam-card .stage").count()
        out.append(seen)
    page.screenshot(path=folder / "kinds.png", full_page=True)
print(json.dumps({"kinds": out, "errors": errors}))

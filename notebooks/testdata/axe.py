"""Asks axe-core what people who read with a screen reader or the keyboard would miss, in headless Chromium, and prints it as JSON.

usage: axe.py FOLDER PAGE...

Every page is looked at with 420, 800 and 1280 pixels, light, and dark with 800. What axe finds is printed as
{"PAGE at WIDTH": ["rule: place", ...]}. Screenshots go to the folder.
"""
import json
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from jupyterlab_browser import chromium

folder = pathlib.Path(sys.argv[1])
axe, out = Axe(), {}
with chromium() as browser:
    for name in sys.argv[2:]:
        file = pathlib.Path(name).resolve()
        for width, scheme in [(420, "light"), (800, "light"), (1280, "light"), (800, "dark")]:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            errors, far = [], []
            page.on("pageerror", lambda e: errors.append(str(e)))
            page.on("request", lambda r: far.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
            page.goto(file.as_uri(), wait_until="load")
            page.wait_for_timeout(300)
            wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found = [f"{v['id']}: {n['target']} {n['html'][:120]} {n.get('failureSummary', '')[:300]}" for v in axe.run(page).response["violations"] for n in v["nodes"]]
            found += [f"error: {e}" for e in errors] + [f"fetches {u}" for u in far]
            if wide > 0:
                found.append(f"{wide} pixels stand out to the side")
            out[f"{file.name} at {width} {scheme}"] = found
            page.screenshot(path=folder / f"{file.stem}-{width}-{scheme}.png")
            page.close()
print(json.dumps(out))

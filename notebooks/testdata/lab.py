"""Opens a notebook in JupyterLab in headless Chromium and photographs its first picture.

usage: lab.py NOTEBOOK SCREENSHOT

Ends with an error where the notebook shows no picture within a minute. The server
listens on this machine only, behind a token of its own.
"""
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
import time

from playwright.sync_api import sync_playwright

notebook, screenshot = map(pathlib.Path, sys.argv[1:])
token = secrets.token_hex(16)
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]

server = subprocess.Popen(
    [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
     f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebook.parent}"],
    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
try:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token={token}").close()
            break
        except OSError:
            if server.poll() is not None:
                sys.exit("JupyterLab ended: " + server.stderr.read()[-2000:])
            time.sleep(0.5)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1900, "height": 1400})
        page.goto(f"http://127.0.0.1:{port}/lab/tree/{notebook.name}?token={token}&reset")
        picture = page.locator(".jp-NotebookPanel .jp-OutputArea-output img").first
        picture.wait_for(timeout=60_000)
        page.wait_for_function("() => { const i = document.querySelector('.jp-NotebookPanel .jp-OutputArea-output img'); return i && i.complete && i.naturalWidth > 0 }", timeout=60_000)
        page.keyboard.press("Escape")
        picture.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        box = picture.bounding_box()  # Chromium draws pictures at whole pixels
        page.screenshot(path=screenshot, clip={"x": round(box["x"]), "y": round(box["y"]), "width": round(box["width"]), "height": round(box["height"])})
        print(page.evaluate("() => { const i = document.querySelector('.jp-NotebookPanel .jp-OutputArea-output img'); return `${i.width}x${i.height} of ${i.naturalWidth}x${i.naturalHeight}` }"))
        browser.close()
finally:
    server.terminate()
    server.wait(30)

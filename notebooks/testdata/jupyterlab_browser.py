"""JupyterLab and Chromium for the tests. The server listens on this machine only, behind a token of its own."""
import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from playwright.sync_api import sync_playwright


@contextlib.contextmanager
def lab(folder, base="/"):
    """A running JupyterLab; gives the address of a notebook in the folder."""
    token = secrets.token_hex(16)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    root = f"http://127.0.0.1:{port}{base}"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
         f"--ServerApp.base_url={base}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{root}api/status?token={token}").close()
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit("JupyterLab ended: " + server.stderr.read()[-2000:])
                time.sleep(0.5)
        yield lambda notebook: f"{root}lab/tree/{notebook}?token={token}&reset"
    finally:
        server.terminate()
        server.wait(30)


@contextlib.contextmanager
def chromium(**options):
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()

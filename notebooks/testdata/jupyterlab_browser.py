"""JupyterLab and Chromium for the tests. The server listens on this machine only, behind a token of its own."""
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from playwright.sync_api import sync_playwright


@contextlib.contextmanager
def lab(folder, base="/", theme="JupyterLab Light", trust=()):
    """A running JupyterLab that trusts the named notebooks; gives the address of a notebook in the folder."""
    token = secrets.token_hex(16)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    root = f"http://127.0.0.1:{port}{base}"
    with tempfile.TemporaryDirectory() as own:
        settings = pathlib.Path(own, "settings", "@jupyterlab", "apputils-extension")
        settings.mkdir(parents=True)
        for name, value in {"themes": {"theme": theme}, "notification": {"fetchNews": "false", "checkForUpdates": False}}.items():
            (settings / f"{name}.jupyterlab-settings").write_text(json.dumps(value))
        # Signatures and settings of the user's own stay as they are.
        env = {**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(settings.parents[1]), "JUPYTERLAB_WORKSPACES_DIR": str(pathlib.Path(own, "workspaces"))}
        signatures = [f"--NotebookNotary.db_file={own}/signatures.db", f"--NotebookNotary.secret_file={own}/secret"]
        if trust:
            subprocess.run([sys.executable, "-m", "jupyter", "trust", *signatures, *map(str, trust)], check=True, env=env, capture_output=True)
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
             f"--ServerApp.base_url={base}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", *signatures],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{root}api/status?token={token}").close()
                    break
                except OSError:
                    if server.poll() is not None:
                        sys.exit("JupyterLab ended: " + server.stderr.read()[-2000:])
                    time.sleep(0.25)
            yield lambda notebook: f"{root}lab/tree/{notebook}?token={token}&reset"
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # a busy machine; the kernels end with it
                server.kill()
                server.wait()


@contextlib.contextmanager
def chromium():
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()

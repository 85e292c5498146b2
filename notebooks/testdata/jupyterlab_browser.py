"""JupyterLab, Jupyter Notebook and Chromium for the tests. The server listens on this machine only, behind a token of its own."""
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from playwright.sync_api import sync_playwright

PATIENCE = 240  # seconds that a busy machine may take for anything: a wait that ends is a fault, not a slow machine


def free_ports(n):
    """Ports that nothing listens on."""
    with contextlib.ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(n)]
        for s in opened:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in opened]


@contextlib.contextmanager
def serving(name, command, health, **options):
    """A server that runs until the end of the block, which begins when the address answers."""
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, text=True, **options)
        try:
            for _ in range(4 * PATIENCE):
                try:
                    urllib.request.urlopen(health, timeout=PATIENCE, context=ssl._create_unverified_context()).close()
                    break
                except OSError:
                    if server.poll() is not None:
                        log.seek(0)
                        sys.exit(f"{name} ended: " + log.read()[-2000:])
                    time.sleep(0.25)
            else:
                sys.exit(f"{name} does not answer")
            yield
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # a busy machine; the kernels end with it
                server.kill()
                server.wait()


def open_notebook(page, url):
    """Opens a notebook and goes into its first cell."""
    page.goto(url)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.wait_for_timeout(2000)  # what is run before the kernel is there waits for it


def idle(page, cell=0):
    """Waits until a cell has a number instead of a star."""
    page.wait_for_function("i => /\\d/.test(document.querySelectorAll('.jp-CodeCell')[i]?.querySelector('.jp-InputPrompt')?.textContent || '')", arg=cell)


@contextlib.contextmanager
def lab(folder, base="/", theme="JupyterLab Light", trust=(), app="jupyterlab", certificate=None):
    """A running JupyterLab, or with app="notebook" Jupyter Notebook, that trusts the named notebooks; gives the address of a
    notebook in the folder. It is served over https if a certificate is named, a file that holds the key, too."""
    token = secrets.token_hex(16)
    port, = free_ports(1)
    root = f"{'https' if certificate else 'http'}://127.0.0.1:{port}{base}"
    secure = [f"--ServerApp.certfile={certificate}"] if certificate else []
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
        command = [sys.executable, "-m", app, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
                   f"--ServerApp.base_url={base}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", *signatures, *secure]
        place = {"jupyterlab": "lab/tree", "notebook": "notebooks"}[app]
        with serving(app, command, f"{root}api/status?token={token}", env=env):
            yield lambda notebook: f"{root}{place}/{notebook}?token={token}&reset"


@contextlib.contextmanager
def hub(folder):
    """A running JupyterHub whose users see the folder; gives the address of a notebook and what signs a page in."""
    ports = free_ports(3)
    root = f"http://127.0.0.1:{ports[0]}"
    with tempfile.TemporaryDirectory() as own:
        config = pathlib.Path(own, "config.py")
        config.write_text(f"""
c.JupyterHub.bind_url = "{root}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {os.environ["HOME"]!r}
c.Spawner.notebook_dir = {str(folder)!r}
c.Spawner.args = ["--allow-root"]
c.Spawner.env_keep = {list(os.environ)!r}
c.Spawner.start_timeout = {PATIENCE}
c.Spawner.http_timeout = {PATIENCE}
""")
        def sign_in(page):
            page.goto(f"{root}/hub/login")
            page.fill("#username_input", "explorer")
            page.fill("#password_input", "any")
            page.click("#login_submit")
            page.wait_for_url("**/user/explorer/**")

        with serving("JupyterHub", [sys.executable, "-m", "jupyterhub", "-f", str(config)], f"{root}/hub/health", cwd=own):
            yield lambda notebook: f"{root}/user/explorer/lab/tree/{notebook}?reset", sign_in


class Patient:
    """A browser whose pages wait for as long as a busy machine may take."""

    def __init__(self, browser):
        self.browser = browser

    def new_page(self, **options):
        page = self.browser.new_page(**options)
        page.set_default_timeout(1000 * PATIENCE)
        return page


@contextlib.contextmanager
def drawing(card):
    """Waits at the end of the block until the card has drawn what was chosen in it."""
    root = card.element_handle()
    root.evaluate("""(root, patience) => { root.drawn = new Promise((done, fail) => {
      root.addEventListener("gradcam-drawn", done, {once: true});
      setTimeout(() => fail(new Error("the card does not draw")), patience); }); }""", 1000 * PATIENCE)
    yield
    root.evaluate("root => root.drawn.then(() => {})")


@contextlib.contextmanager
def chromium():
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"], timeout=1000 * PATIENCE)
        try:
            yield Patient(browser)
        finally:
            browser.close()

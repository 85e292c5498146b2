"""What the site needs beyond MkDocs: links from the pages to files of the repository, notebooks that play in a page, and the
reference of the packages, which is made of their comments."""
import json
import pathlib
import posixpath
import re
import subprocess

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File

log = get_plugin_logger("repository")
LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)]*)?\)")
PICTURE = re.compile(r"\[!\[[^]]*\]\((notebooks/[\w-]+)\.jpg\)\]\(\1\.html\)")
FENCE = re.compile(r"(```.*?```)", re.S)
ROW = re.compile(r"^\| `gradcamnb.*?\|", re.M)  # of api.md: its first cell names packages
PACKAGE = re.compile(r"`(gradcamnb[\w/]*)`")


def on_files(files, config):
    """Adds a page of reference for each package that api.md names."""
    root = pathlib.Path(config.docs_dir).parent
    packages = [name for row in ROW.findall((root / "docs/api.md").read_text()) for name in PACKAGE.findall(row)]
    made = subprocess.run(["go", "run", "./docs/mkdocs/reference", *packages], cwd=root, check=True, capture_output=True)
    for package, text in json.loads(made.stdout).items():
        files.append(File.generated(config, "reference/" + page_of(package), content=text))
    return files


def page_of(package):
    return package.replace("/", ".") + ".md"


def on_page_markdown(markdown, page, config, files):
    """Code is left as it is. The packages of api.md lead to their reference."""
    if page.file.src_uri == "api.md":
        return ROW.sub(lambda row: PACKAGE.sub(lambda m: f"[`{m[1]}`](reference/{page_of(m[1])})", row[0]), markdown)
    if page.file.src_uri.startswith("reference/"):
        return markdown
    parts = FENCE.split(markdown)
    return "".join(part if i % 2 else with_links(part, page, config, files) for i, part in enumerate(parts))


def with_links(markdown, page, config, files):
    """Gives links that lead out of docs/, or to what is no page, the file's address on the forge. A missing file is said.

    The picture of a notebook becomes the notebook itself, which plays in the page."""
    root = pathlib.Path(config.docs_dir).parent
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def replace(found):
        start, link, anchor = found[1], found[2], found[3] or ""
        path = posixpath.normpath(posixpath.join(folder, link))
        target = root / path
        if path.startswith("docs/") and not target.is_dir() and files.get_file_from_path(path.removeprefix("docs/")):
            return found[0]
        if not target.exists():
            log.warning("%s links to %s, which is not in the repository", page.file.src_uri, path)
            return found[0]
        if target.suffix in (".png", ".jpg"):
            return found[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"{start}{config.extra['source']}/{kind}/main/{path}{anchor})"

    def play(found):
        if not files.get_file_from_path(found[1] + ".html"):
            log.warning("%s shows %s, which is not there", page.file.src_uri, found[1])
        name = posixpath.basename(found[1]).replace("-", " ")
        return f'<iframe class="notebook" loading="lazy" title="The notebook {name}" src="{found[1]}.html"></iframe>'

    return LINK.sub(replace, PICTURE.sub(play, markdown))

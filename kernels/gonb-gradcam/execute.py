"""Executes a notebook in its own folder and writes it, its page and its first picture.

usage: execute.py NOTEBOOK FOLDER
"""
import base64
import pathlib
import sys

import nbconvert
import nbformat
from nbclient import NotebookClient

source, folder = map(pathlib.Path, sys.argv[1:])
notebook = nbformat.read(source, as_version=4)
NotebookClient(notebook, resources={"metadata": {"path": str(source.parent)}}).execute()
nbformat.write(notebook, folder / source.name)
page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
(folder / source.with_suffix(".html").name).write_text(page, encoding="utf-8")
pictures = [o.data["image/png"] for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
if not pictures:
    sys.exit("the executed notebook holds no picture")
(folder / source.with_suffix(".png").name).write_bytes(base64.b64decode(pictures[0]))

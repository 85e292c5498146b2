"""Executes a notebook in its own folder and writes it, its page and its first picture.

usage: execute.py NOTEBOOK FOLDER [absolute]

With absolute, paths that lead up from the notebook's folder are made so in what is written: it can be run again where it lies.
"""
import base64
import pathlib
import sys

import nbconvert
import nbformat
from nbclient import NotebookClient

source, folder = map(pathlib.Path, sys.argv[1:3])
notebook = nbformat.read(source, as_version=4)
NotebookClient(notebook, startup_timeout=600, resources={"metadata": {"path": str(source.parent)}}).execute()
for cell in notebook.cells if sys.argv[3:] else []:
    cell.source = cell.source.replace('"../', f'"{source.resolve().parents[1].as_posix()}/')
nbformat.write(notebook, folder / source.name)
page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
(folder / source.with_suffix(".html").name).write_text(page, encoding="utf-8")
pictures = [o.data["image/png"] for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
if not pictures:
    sys.exit("the executed notebook holds no picture")
(folder / source.with_suffix(".png").name).write_bytes(base64.b64decode(pictures[0]))

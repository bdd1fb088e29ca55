"""The notebook runs from its first cell to its last, and holds no outputs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "analysis.ipynb"
PICTURES = 3


def outputs(book, kind):
    """The outputs of a notebook that have something of a kind, as ``image/png`` or ``text/plain``."""
    found = [output for cell in book["cells"] for output in cell.get("outputs", [])]
    return [output["data"][kind] for output in found if kind in output.get("data", {})]


def test_the_file_holds_no_outputs():
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert book["cells"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in book["cells"])


# Jupyter warns of its own ways; what it runs is another process, with its own filters.
@pytest.mark.filterwarnings("ignore")
def test_every_cell_runs(monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel", reason="the kernel of the notebook, in extra test")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    book = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert len(outputs(book, "image/png")) == PICTURES
    printed = "".join(
        output["text"]
        for cell in book["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )
    assert "price - greedy: " in printed
    assert "ralc - greedy: +" in printed, "more deadlines are missed without the edge"

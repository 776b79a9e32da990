"""The notebooks run from top to bottom on the demo study and on a larger made-up one, and hold no output in the checkout."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests.study_store import CANARY, write_study

CHECKOUT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    return write_study(tmp_path_factory.mktemp("made") / "study.duckdb", clients=18, sessions=10, turns=100)


def executed(notebook: Path, database: Path, monkeypatch) -> str:
    """All outputs as JSON text. The kernel is a process of its own, as in Jupyter."""
    monkeypatch.setenv("ALLIANCE_DB", str(database))
    book = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory() as sockets:  # no port that others on the machine could listen to
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        NotebookClient(book, km=kernel, timeout=300, resources={"metadata": {"path": str(notebook.parent)}}).execute()
    outputs = [o for c in book.cells if c.cell_type == "code" for o in c.outputs]
    assert outputs
    assert not [o for o in outputs if o.output_type == "error"]
    assert not [o for o in outputs if o.get("name") == "stderr"], "a warning in front of the reader"
    return json.dumps(outputs, ensure_ascii=False)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_on_a_study_with_everything_in_it(notebook, made_up, monkeypatch):
    said = executed(notebook, made_up, monkeypatch)
    assert "image/svg+xml" in said
    assert CANARY not in said
    outside = set(re.findall(r"https?://[^\s\"'<)\\]+", said))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    if notebook.stem.startswith("02"):
        assert "MixedLM" in said
        assert "not fitted" not in said


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_on_the_demo_study(notebook, riverside, monkeypatch):
    executed(notebook, riverside.study / "store" / "published.duckdb", monkeypatch)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_output_is_kept_and_every_step_is_explained(notebook):
    book = nbformat.read(notebook, as_version=4)
    nbformat.validate(book)
    code = [c for c in book.cells if c.cell_type == "code"]
    assert not [c for c in code if c.outputs or c.execution_count]
    prose = " ".join(c.source for c in book.cells if c.cell_type == "markdown")
    assert len(prose.split()) > 150, "it should read like a colleague explaining"
    assert book.cells[0].source.startswith("# ")
    assert not re.search(r"\btext\b", "\n".join(c.source for c in code)), "notebooks show no words that were said"


def test_there_are_four():
    assert [p.stem[:2] for p in NOTEBOOKS] == ["01", "02", "03", "04"]

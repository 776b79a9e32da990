"""Imports go one way: words ← stages ← method ← flows; an edge owns one tool. Read from the source, nothing is run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import pipeline

CHECKOUT = Path(__file__).resolve().parent.parent
WORDS = {
    "errors",
    "session",
    "codes",
    "labelled",
    "phrases",
    "lexicon",
    "lexicon_page",
    "study",
    "study_settings",
    "study_check",
    "study_template",
}
STAGES = {  # a family (ingest, identifiers, alliance) is one stage in several files
    "ingest": {
        "defusedxml",
        "docx2python",
        "odfdo",
        "openpyxl",
        "praatio",
        "pylangacq",
        "pympi",
        "srt",
        "striprtf",
        "webvtt",
    },
    "consent": set(),
    "identifiers": set(),
    "pseudonyms": set(),
    "deidentify": set(),
    "segment": set(),
    "features": {"numpy"},
    "tag": {"numpy"},
    "judge": {"numpy"},
    "evaluate": {"numpy"},
    "attendance": set(),
    "repair_curve": set(),
    "certainty": set(),
    "disclosure": set(),
    "methods_paragraph": set(),
    "audit": set(),
    "episodes": set(),
    "alliance": set(),
}
MAY_USE = {"evaluate": {"certainty"}, "deidentify": {"identifiers", "pseudonyms"}, "pseudonyms": {"identifiers"}}
EDGES = {  # edge → the third-party tools it owns
    "language": {"spacy", "sentence_transformers", "transformers", "torch", "numpy"},
    "contract": {"great_expectations", "pandas"},
    "store": {"duckdb", "polars"},
    "vault": {"cryptography"},
    "report": {"jinja2"},
    "cli": {"typer", "rich"},
    "export": {"polars", "pyreadstat", "lxml"},
    "figure": {"altair", "vl_convert"},
    "train": {"sklearn", "scipy", "numpy", "threadpoolctl"},
}
EDGE_MAY_USE = {
    "report": {"store", "identifiers", "evaluate"},
    "train": {"judge", "evaluate", "certainty"},
    "export": {"store", "disclosure"},
    "figure": {"repair_curve", "certainty"},
    "cli": {
        "store",
        "vault",
        "consent",
        "alliance",
        "language",
        "method",
        "train",
        "judge",
        "evaluate",
        "segment",
        "tag",
        "report",
        "figure",
        "export",
        "methods_paragraph",
        "audit",
    },
}
MODULES = sorted((CHECKOUT / "pipeline").glob("*.py"))


def family(module: str) -> str:
    known = [*STAGES, *EDGES, "method"]
    return next((k for k in known if module == k or module.startswith((k + "_", k + "s"))), module)


def imports(path: Path) -> tuple[set[str], set[str]]:
    """Modules of pipeline, and top-level third-party packages, that a file imports anywhere."""
    own, foreign = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"pipeline.{a.name}" for a in node.names] if node.module == "pipeline" else [node.module]
        for name in names:
            top = name.split(".")[0]
            if top == "pipeline":
                own |= {name.split(".")[1]} if "." in name else set()
            elif top not in sys.stdlib_module_names:
                foreign.add(top)
    return own - {"__version__"}, foreign


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_module_imports_only_what_its_room_allows(path):
    module, room = path.stem, family(path.stem)
    own, foreign = imports(path)
    others = {family(m) for m in own} - WORDS - {room}
    if module in WORDS or module == "__init__":
        assert own <= WORDS
        assert not foreign
    elif room in STAGES:
        assert others <= MAY_USE.get(room, set())
        assert foreign <= STAGES[room]
    elif room == "method":
        assert others <= set(STAGES)
        assert not foreign
    else:
        assert room in EDGES, f"{path.name} has no room: say in this test what it is"
        assert others <= EDGE_MAY_USE.get(room, set())
        assert foreign <= EDGES[room] | ({"flows"} if room == "cli" else set())


def test_prefect_is_only_under_flows():
    for path in MODULES:
        assert "prefect" not in imports(path)[1], path.name
    assert "prefect" in imports(CHECKOUT / "flows" / "code_sessions.py")[1]


def test_only_the_way_to_deidentification_names_raw_turns():
    for path in [*MODULES, *(CHECKOUT / "flows").glob("*.py")]:
        names = {n.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)}
        if "RawTurn" in names:
            assert path.stem == "session" or family(path.stem) in {"ingest", "identifiers", "deidentify"}, path.name


def test_what_is_tested_is_this_checkout():
    assert Path(pipeline.__file__).resolve().parent == CHECKOUT / "pipeline"


@pytest.mark.parametrize("path", [*MODULES, *sorted((CHECKOUT / "flows").glob("*.py"))], ids=lambda p: p.stem)
def test_nothing_prints_and_nothing_runs_on_import(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "print"]
    calls = [n for n in tree.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    assert not calls, f"{path.name} does something when it is imported"


def test_a_light_command_imports_nothing_heavy():
    heavy = {"spacy", "torch", "sentence_transformers", "great_expectations", "pandas", "prefect"}
    import subprocess

    code = f"import sys, pipeline.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert done.stdout.strip() == "[]"

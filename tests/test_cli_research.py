"""The verbs export and methods, as somebody at a terminal meets them."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from pipeline import cli_research
from pipeline.errors import StoreProblem, StudyProblem
from pipeline.study_template import write_new_study
from tests.study_store import CANARY, write_study

app = typer.Typer()
app.command()(cli_research.export)
app.command()(cli_research.methods)


def run(*words: str):
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "mine"
    write_new_study(folder)
    (folder / "store").mkdir()
    write_study(folder / "store" / "study.duckdb", clients=6, sessions=5, turns=60)
    return folder


def test_export_writes_a_folder_without_text_and_says_so(study):
    done = run("export", study)
    assert done.exit_code == 0, done.output
    assert "holds no words" in done.output
    manifest = json.loads((study / "exports" / "research" / "manifest.json").read_text())
    assert manifest["study"] == "mine"
    assert not manifest["with_text"]
    assert "Definition" not in done.output


def test_export_takes_formats_a_target_and_text(study, tmp_path):
    done = run("export", study, "--to", tmp_path / "e", "--formats", "csv, qdpx", "--with-text")
    assert done.exit_code == 0, done.output
    assert {f.name for f in (tmp_path / "e").iterdir()} == {
        "csv",
        "project.qdpx",
        "data_dictionary.csv",
        "manifest.json",
    }
    assert CANARY in (tmp_path / "e" / "csv" / "turns.csv").read_text()


def test_methods_prints_a_draft(study):
    done = run("methods", study)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("## Methods (draft)")


def test_what_is_missing_is_said_as_an_error_of_ours(study, tmp_path):
    assert isinstance(run("export", tmp_path / "none").exception, StudyProblem)
    write_new_study(tmp_path / "new")
    for verb in ("export", "methods"):
        assert isinstance(run(verb, tmp_path / "new").exception, StoreProblem)
    assert isinstance(run("export", study, "--formats", "stata").exception, StudyProblem)


def test_the_published_copy_is_read_while_a_run_holds_the_database(study):
    import subprocess
    import sys

    from pipeline.store import open_store

    with open_store(study / "store" / "study.duckdb") as store:
        store.publish(study / "store" / "published.duckdb")
    hold = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); sys.stdout.write('held\\n'); sys.stdout.flush();"
        "sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, study / "store" / "study.duckdb"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert run("methods", study).exit_code == 0
    finally:
        holder.communicate(b"\n")

"""The command `alliance`: what it says, and the exit codes that scripts rely on."""

from __future__ import annotations

import re

import pytest

from pipeline import errors
from tests.conftest import CHECKOUT, alliance, home_of_its_own


@pytest.fixture
def env(tmp_path):
    return home_of_its_own(tmp_path / "places")


def test_a_new_study_is_made_checked_and_run_step_by_step(tmp_path, env):
    study = tmp_path / "my-study"
    made = alliance("init", study, env=env)
    assert made.returncode == 0
    assert "study.toml" in made.stdout
    empty = alliance("check", study, env=env)
    assert empty.returncode == 3
    assert "sessions.csv: lists no session yet" in empty.stdout
    before = alliance("status", study, env=env)
    assert before.returncode == 0
    assert "alliance run" in before.stdout


def test_a_clean_study_passes_the_check(env):
    done = alliance("check", CHECKOUT / "examples" / "mibot", env=env)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "106 sessions, 0 of them without valid consent, 0 problems",
    )


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["status", "nowhere"], 3, "no such folder"),
        (["run", "nowhere"], 3, "no such folder"),
        (["walk", "nowhere"], 64, "No such command"),
        (["run"], 64, "Missing argument"),
        (["query", "examples/mibot", "no_such_query"], 3, "lists them"),
        (["query", "examples/mibot", "outcomes_by_type"], 7, "study.duckdb"),
    ],
)
def test_what_cannot_be_done_says_why_with_its_exit_code(words, code, says, env):
    done = alliance(*words, env=env)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_inside_the_study_is_refused(tmp_path, env):
    study = tmp_path / "s"
    alliance("init", study, env=env)
    (study / "my.key").write_text("A" * 43 + "=\n")
    done = alliance("run", study, "--key-file", study / "my.key", env=env)
    assert done.returncode == 5
    assert "inside" in done.stderr


def test_status_says_how_many_and_why(riverside):
    said = alliance("status", riverside.study, env=riverside.env).stdout
    for line in ("not yet signed", "other purpose", "withdrawn", "expired", "malformed", "late cancelled", "wd_denial"):
        assert line in said


def test_every_shipped_query_runs_and_is_named_by_its_question(riverside):
    listed = alliance("query", riverside.study, env=riverside.env).stdout
    names = [line for line in listed.splitlines() if re.fullmatch(r"[a-z_]+", line)]
    assert names == sorted(f.stem for f in (CHECKOUT / "data_contracts" / "queries").glob("*.sql"))
    assert listed.count("?") >= len(names)
    done = alliance("query", riverside.study, "outcomes_by_type", env=riverside.env)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("kind,")


def test_the_help_names_every_exit_code(env):
    said = " ".join(alliance("--help", env=env).stdout.split())
    codes = {e.exit_code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.AllianceError)}
    assert codes == {1, 2, 3, 4, 5, 6, 7, 8}
    for code in sorted(codes - {1, 8}):  # 1 is a bug; 8 is always turned into a refusal of one session
        assert f"{code} " in said.partition("Exit codes:")[2]

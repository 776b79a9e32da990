"""The leak rate: the sample, the interval, the log, the terminal."""

from __future__ import annotations

import doctest
import sqlite3
import stat

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import pipeline.audit
from pipeline.audit import LEAK_KINDS, Finding, StoredTurn, Verdict, clopper_pearson, draw, leak_rate, rate
from pipeline.audit_log import AuditLog
from pipeline.cli_audit import ask, audit, said
from pipeline.errors import StudyProblem
from pipeline.session import Session, Speaker, Turn
from pipeline.store import open_store
from pipeline.study_template import write_new_study

TURNS = [StoredTurn(f"s{i % 7}", i, 3 + i % 20) for i in range(200)]


def test_doctests():
    assert doctest.testmod(pipeline.audit).failed == 0


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [  # published: Clopper & Pearson by exact beta quantiles (Newcombe 1998, Statistics in Medicine 17:857, table I)
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
        (29, 29, 0.8806, 1.0),
    ],
)
def test_exact_interval_as_published(found, of, low, high):
    assert clopper_pearson(found, of) == pytest.approx((low, high), abs=6e-5)


@settings(deadline=None)  # the machine may be busy
@given(st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_widens_with_confidence(case):
    found, of = case
    low, high = clopper_pearson(found, of)
    assert 0 <= low <= found / of <= high <= 1
    wide = clopper_pearson(found, of, confidence=0.99)
    assert wide[0] <= low
    assert wide[1] >= high


def test_rule_of_three_only_where_none_was_found():
    assert rate(0, 300).rule_of_three == 0.01
    assert rate(0, 300).high == pytest.approx(0.0122, abs=1e-4)
    assert rate(1, 300).rule_of_three is None


def test_the_sample_is_random_fixed_by_its_seed_and_never_repeats():
    a, b = draw(TURNS, 30, seed=1), draw(list(reversed(TURNS)), 30, seed=1)
    assert a == b
    assert a != draw(TURNS, 30, seed=2)
    seen = [(t.session_id, t.turn_no) for t in a]
    assert not set(a) & set(draw(TURNS, 200, seed=1, seen=seen))
    assert len(draw(TURNS, 500, seed=1, seen=seen)) == 170
    assert draw([StoredTurn("s", 1, 0)], 5, seed=1) == []


def test_every_turn_is_as_likely_as_another():
    drawn = [t.turn_no for seed in range(400) for t in draw(TURNS, 20, seed=seed)]
    counts = [drawn.count(t.turn_no) for t in TURNS]
    assert min(counts) >= 15
    assert max(counts) <= 70  # 40 expected each


def test_rates_per_word_turn_and_session():
    findings = [Finding(t, Verdict.CLEAN) for t in TURNS[:50]]
    findings += [Finding(TURNS[60], Verdict.LEAK, "name"), Finding(TURNS[61], Verdict.SKIP)]
    found = leak_rate(findings, words_per_session=5000)
    n_words = sum(t.n_words for t in [*TURNS[:50], TURNS[60]])
    assert (found.turns.found, found.turns.of, found.words.of, found.n_skipped) == (1, 51, n_words, 1)
    assert found.per_session[0] == pytest.approx(5000 / n_words)
    assert found.kinds == (("name", 1),)
    assert leak_rate([Finding(TURNS[0], Verdict.SKIP)], words_per_session=1) is None


def test_what_was_judged_last_counts():
    findings = [Finding(TURNS[0], Verdict.LEAK, "date"), Finding(TURNS[0], Verdict.CLEAN)]
    assert leak_rate(findings, words_per_session=10).words.found == 0


def test_no_leak_without_a_kind():
    for verdict, kind in ((Verdict.LEAK, None), (Verdict.CLEAN, "name"), (Verdict.LEAK, "Oyinkan")):
        with pytest.raises(ValueError, match="kind"):
            Finding(TURNS[0], verdict, kind)


# -- the log


def test_the_log_keeps_what_was_found_and_lets_nobody_change_it(tmp_path):
    log = AuditLog(tmp_path)
    assert log.findings() == []
    findings = [Finding(TURNS[0], Verdict.CLEAN), Finding(TURNS[1], Verdict.LEAK, "name")]
    for finding in findings:
        log.record(finding, seed=7, auditor="a1")
    assert AuditLog(tmp_path).findings() == findings
    db = sqlite3.connect(log.path)
    for sql in ("UPDATE findings SET verdict = 'clean', kind = NULL", "DELETE FROM findings"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            db.execute(sql)
    db.close()
    assert AuditLog(tmp_path).findings() == findings


def test_a_client_who_withdraws_leaves_no_byte(tmp_path):
    log = AuditLog(tmp_path)
    log.record(Finding(StoredTurn("zzsession", 1, 4), Verdict.CLEAN), seed=1, auditor="a1")
    log.record(Finding(StoredTurn("other", 1, 4), Verdict.CLEAN), seed=1, auditor="a1")
    assert log.forget_sessions(["zzsession"]) == 1
    assert [f.turn.session_id for f in log.findings()] == ["other"]
    assert b"zzsession" not in log.path.read_bytes()
    with pytest.raises(sqlite3.IntegrityError, match="append only"), sqlite3.connect(log.path) as db:
        db.execute("DELETE FROM findings")


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "audits.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(StudyProblem, match="no log"):
        AuditLog(tmp_path).findings()


# -- the terminal


def test_keys():
    def pressing(keys):
        given_keys = iter(keys)
        return ask(TURNS[0], lambda: next(given_keys, ""), lambda: None)

    assert pressing("c") == Finding(TURNS[0], Verdict.CLEAN)
    assert pressing("x\nC") == Finding(TURNS[0], Verdict.CLEAN)
    assert pressing("s") == Finding(TURNS[0], Verdict.SKIP)
    assert [pressing(str(n)).kind for n in range(1, 10)] == list(LEAK_KINDS)
    assert pressing("q") is None
    assert pressing("") is None


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    write_new_study(folder)
    turns = tuple(
        Turn(i, (Speaker.THERAPIST, Speaker.CLIENT)[i % 2], f"Something was said, number {i}, about a marmot.")
        for i in range(12)
    )
    with open_store(folder / "store" / "study.duckdb") as store:
        store.write_session(
            Session("s1", "c1", "t1", turns, 1, "early", 0), [], [], run_id="r", lexicon_version="v", model_version="m",
            fingerprint="f",
        )  # fmt: skip
    return folder


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(audit)
    return lambda *words, keys="": CliRunner().invoke(app, list(map(str, words)), input=keys)


def test_a_session_at_the_terminal(study, run):
    done = run(study, "--sample", 5, "--seed", 3, keys="c1csq")
    assert done.exit_code == 0, done.output
    assert "marmot" in done.output
    assert "4 turns" not in done.output.splitlines()[0]
    assert "Judged: 3 turns" in done.output
    assert "1 name" in done.output
    assert [f.verdict.value for f in AuditLog(study).findings()] == ["clean", "leak", "clean", "skip"]
    assert b"marmot" not in (study / "audits.sqlite").read_bytes()
    again = run(study, "--sample", 50, keys="c" * 50)
    assert "8 turns of 12" in again.output
    figure = run(study, "--report")
    assert "marmot" not in figure.output
    assert "Leaks per 1,000 words" in figure.output


def test_the_report_alone_shows_the_rule_of_three(study, run):
    assert "not known" in run(study, "--report").output
    done = run(study, "--sample", 12, keys="c" * 12)
    assert "rule of three" in done.output


def test_before_a_run_it_says_what_to_do(tmp_path, run):
    write_new_study(tmp_path / "new")
    done = run(tmp_path / "new")
    assert isinstance(done.exception, StudyProblem)
    assert "alliance run" in str(done.exception)


def test_an_auditor_is_a_code(study, run):
    assert isinstance(run(study, "--auditor", "Dr Vexworth").exception, StudyProblem)


def test_said_of_nothing():
    assert said(None) == ["No turn has been judged yet: the leak rate is not known."]


def test_the_log_is_not_for_everybody(study, run):
    run(study, keys="c")
    assert stat.S_IMODE((study / "audits.sqlite").stat().st_mode) & 0o077 == 0

"""Every number of the methods section is read from the study, and nothing is claimed that the study does not hold."""

from __future__ import annotations

import re

import pytest

from pipeline.alliance import Score
from pipeline.alliance_criteria import CRITERIA
from pipeline.methods_paragraph import CITED, methods_paragraph
from pipeline.store import DATA_CONTRACTS, open_store
from pipeline.study_settings import Settings
from tests.study_store import CANARY, write_study

AGREEMENT = (DATA_CONTRACTS / "queries" / "agreement_per_code.sql").read_text()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = write_study(tmp_path_factory.mktemp("study") / "study.duckdb", clients=6, sessions=6, turns=80)
    with open_store(path) as opened:
        yield opened


def draft(store, **settings) -> str:
    made = Settings(id="x", **settings)
    return methods_paragraph(store.rows, settings=made, codebook_version="2026.1", agreement=store.rows(AGREEMENT))


def test_counts_thresholds_and_versions_are_those_of_the_study(store):
    text = draft(store, episode_gap=7, episode_window=33, risk_limit=0.45, purpose="a special purpose")
    [n] = store.rows("SELECT count(*) FILTER (status = 'held') AS held, sum(n_turns) AS turns FROM sessions")
    assert f"{n['held']} held sessions ({n['turns']:,} turns) of 6 clients with 1 therapist;" in text
    for said in (
        "7 turns apart",
        "within 33 turns",
        "above 0.45",
        "“a special purpose”",
        "alliance-rupture-pipeline 0.0",
    ):
        assert said in text
    [e] = store.rows("SELECT count(*) AS n, count(*) FILTER (outcome = 'resolved') AS r FROM episodes")
    assert f"of {e['n']} episodes {e['r']} were resolved" in text
    for a in store.rows(AGREEMENT):
        assert f"{a['code']} {a['percent']:.0f} %" in text
    assert "WAI-SR (client form, post-session; key WAI-SR 1;" in text


def test_what_is_used_is_cited_and_nothing_else(store):
    text = draft(store)
    used = {r["criterion"] for r in store.rows("SELECT DISTINCT criterion FROM score_ruptures")}
    assert {"gumz_1", "strauss_like"} <= used
    assert used <= set(CITED)
    for criterion, reference in CITED.items():
        assert (reference in text) == any(CITED[c] == reference for c in used), criterion
    assert len(CRITERIA) == 6


def test_it_holds_no_word_that_was_said_and_says_its_limits(store):
    text = draft(store)
    assert CANARY not in text
    assert "not 3RS scores" in text
    assert "indirect" in text


def test_an_unchecked_empty_study_claims_nothing(tmp_path):
    with open_store(tmp_path / "empty.duckdb") as empty:
        text = draft(empty)
    assert "0 held sessions" in text
    assert "No code was tagged." in text
    assert "No tag was checked by a person yet" in text
    assert "Alliance was measured" not in text
    assert re.search(r"nan|None", text) is None


def test_an_unchecked_scoring_key_is_named_and_ready_made_scores_are_not_blamed_on_one(tmp_path):
    with open_store(tmp_path / "study.duckdb") as store:
        store.write_scores(
            [
                Score("c1", "s1", "ARM-5", "client", "post", "total", 6.0, 5, 0, 1.0, 7.0, False, "ARM-5 1"),
                Score("c1", "s1", "CALPAS", "client", "post", "total", 5.5, None, None, 1.0, 7.0, False, "as_given"),
            ]
        )
        text = draft(store)
    assert "ARM-5 (client form, post-session; key ARM-5 1, not checked against its published source; 1 session)" in text
    assert "CALPAS (client form, post-session; scores came ready-made; 1 session)" in text

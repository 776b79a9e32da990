"""Each research question, asked of a small study whose answers can be worked out by hand.

Client c1 comes four times: a withdrawal that is repaired, a confrontation nobody takes up, a cancellation, a calm
session. Client c2 comes twice; the second time they are late.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.alliance import Score
from pipeline.alliance_ruptures import ScoreRupture
from pipeline.codes import Decision, Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.session import Session, Speaker, Turn
from pipeline.store import DATA_CONTRACTS, Store, open_store
from pipeline.store_columns import data_dictionary
from pipeline.store_files import COLUMNS

QUERIES = sorted((DATA_CONTRACTS / "queries").glob("*.sql"))
CLIENT, THERAPIST = Speaker.CLIENT, Speaker.THERAPIST
WITHDRAWAL, CONFRONTATION, REPAIR = Family.WITHDRAWAL, Family.CONFRONTATION, Family.REPAIR


def held(
    session_id: str, client_id: str, no: int, client_words: int, *, phase: str | None, late: float = 0.0
) -> Session:
    turns = (
        Turn(0, THERAPIST, "How was that?", 0.0, 2.0),
        Turn(1, CLIENT, "Fine. " + "word " * (client_words - 1), 4.0, 60.0, latency_s=2.0),
        Turn(2, THERAPIST, "mm", 60.5, 61.0, is_backchannel=True, latency_s=0.5),
        Turn(3, THERAPIST, "I went too fast.", 66.0, 70.0, latency_s=5.0),
        Turn(4, CLIENT, "", 71.0, 100.0, latency_s=1.0),
    )
    return Session(session_id, client_id, "t1", turns, session_no=no, phase=phase, day=7 * (no - 1), minutes_late=late)


def tag(code: str, family: Family, turn_no: int | None, status: Status = Status.LIKELY) -> Tag:
    start, end = (None, None) if turn_no is None else (0, 4)
    return Tag(code, family, turn_no, start, end, status, 0.7, "cue")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("study") / "study.duckdb") as opened:
        fill(opened)
        yield opened


def fill(store: Store) -> None:
    minimal = tag("wd_minimal_response", WITHDRAWAL, 1)
    owns = tag("rp_accountability", REPAIR, 3)
    back = tag("rp_client_reengage", REPAIR, 4)
    complaint = tag("cf_complaint_therapist", CONFRONTATION, 1, Status.POSSIBLE)
    repaired = Episode("withdrawal", 1, 4, 3, 6.0, Outcome.RESOLVED, OrderFlag.OK)
    tried = Episode("withdrawal", 1, 3, 3, 6.0, Outcome.ATTEMPTED, OrderFlag.EXPLORE_BEFORE_ACCOUNTABILITY)
    ignored = Episode("confrontation", 1, 1, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE)
    cancelled = Session("a3", "c1", "t1", (), session_no=3, phase="middle", day=14, status="late_cancelled")
    for session, tags, episodes in [
        (held("a1", "c1", 1, 500, phase="early"), [minimal, owns, back], [repaired]),
        (held("a2", "c1", 2, 500, phase="early"), [minimal, complaint], [ignored]),
        (cancelled, [tag("at_cancelled", Family.ATTENDANCE, None)], []),
        (held("a4", "c1", 4, 1000, phase=None, late=5.0), [], []),
        (held("b1", "c2", 1, 250, phase="late"), [minimal, owns], [tried]),
        (held("b2", "c2", 2, 250, phase="late", late=12.0), [], []),
    ]:
        store.write_session(
            session, tags, episodes, run_id="r1", lexicon_version="1", model_version="1", fingerprint=session.session_id
        )
    families = {t.code: t.family for t in (minimal, owns, back, complaint)}
    store.write_codes({c: SimpleNamespace(family=f, label=c, speaker=CLIENT) for c, f in families.items()})
    store.write_scores(
        [
            Score(client, session, "WAI-SR", "client", timing, "total", value, 12, 0, 1.0, 5.0, True, "1")
            for client, session, timing, value in [
                ("c1", "a1", "post", 4.0),
                ("c1", "a2", "post", 3.0),
                ("c1", "a4", "post", 3.5),
                ("c1", "a2", "pre", 2.0),
                ("c2", "b1", "post", 5.0),
                ("c2", "b2", "post", 4.5),
            ]
        ]
    )
    series = ("c1", "WAI-SR", "client", "post", "total")
    store.write_score_ruptures(
        [
            ScoreRupture(*series, "strauss_like", "sd", "indirect_rupture", "a2", "a1", 4.0, -1.0, 0.5, "a4", 2, "k=1"),
            ScoreRupture(*series, "sudden_gain", "sd", "indirect_gain", "a4", "a2", 3.0, 0.5, 0.4, None, None, "k=1"),
        ]
    )
    [first] = store.rows(
        "SELECT segment_id FROM coded_segments WHERE session_id = 'a1' AND code = 'wd_minimal_response'"
    )
    store.write_decisions(
        [
            Decision(first["segment_id"], "a1", coder, word, None, f"2026-01-0{day}T10:00:00", "1")
            for day, (coder, word) in enumerate([("k1", "reject"), ("k2", "accept")], 1)
        ]
    )


def ask(store: Store, name: str) -> list[dict]:
    return store.rows((DATA_CONTRACTS / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


def only(rows: list[dict], *names: str) -> list[tuple]:
    return [tuple(r[n] for n in names) for r in rows]


# ---- one question each


@pytest.mark.parametrize("path", QUERIES, ids=[p.stem for p in QUERIES])
def test_a_query_begins_with_its_question_has_rows_and_runs_twice_alike(store, path):
    text = path.read_text(encoding="utf-8")
    question = text.splitlines()[0]
    assert question.startswith("-- ")
    assert "?" in question
    assert text.count(";") == 1, "one statement, so that any tool can run it"
    rows = store.rows(text)
    assert rows
    assert rows == store.rows(text)


@pytest.mark.parametrize("path", QUERIES, ids=[p.stem for p in QUERIES])
def test_a_query_runs_on_an_empty_database(tmp_path, path):
    with open_store(tmp_path / "empty.duckdb") as empty:
        assert empty.rows(path.read_text(encoding="utf-8")) == []


def test_episodes_with_latency_and_outcome(store):
    rows = ask(store, "episodes_with_latency_and_outcome")
    # a1 waited for the move; a2, whose marker ends at 60 s, until its session ended at 100 s
    assert only(rows, "waited_s") == [(6.0,), (40.0,), (6.0,)]
    assert only(rows, "session_id", "kind", "latency_s", "left_in_session_s", "outcome", "markers", "repair_moves") == [
        ("a1", "withdrawal", 6.0, 96.0, "resolved", "wd_minimal_response", "rp_accountability rp_client_reengage"),
        ("a2", "confrontation", None, 96.0, "unaddressed", "cf_complaint_therapist wd_minimal_response", None),
        ("b1", "withdrawal", 6.0, 96.0, "attempted", "wd_minimal_response", "rp_accountability"),
    ]


def test_an_episode_waits_until_the_next_one_begins_wherever_the_clock_of_the_recording_began(tmp_path):
    late = tuple(Turn(n, CLIENT if n % 2 else THERAPIST, "words", 1000.0 + 10 * n, 1009.0 + 10 * n) for n in range(40))
    first = Episode("withdrawal", 1, 3, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE)
    second = Episode("withdrawal", 21, 21, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE)
    with open_store(tmp_path / "s.duckdb") as store:
        store.write_session(
            Session("s", "c", "t", late, session_no=1), [], [first, second], run_id="r", lexicon_version="1", model_version="1",
            fingerprint="f",
        )  # fmt: skip
        rows = ask(store, "episodes_with_latency_and_outcome")
        untimed = tuple(replace(t, start_s=None, end_s=None) for t in late)
        store.write_session(
            Session("u", "c", "t", untimed, session_no=2), [], [first], run_id="r", lexicon_version="1",
            model_version="1", fingerprint="f",
        )  # fmt: skip
        assert only(ask(store, "episodes_with_latency_and_outcome"), "waited_s")[2] == (None,), "no times, no waiting"
    # from the end of turn 3 (1039) to the start of turn 21 (1210); from the end of turn 21 (1219) to the last word (1399)
    assert only(rows, "waited_s", "left_in_session_s") == [(171.0, 389.0), (180.0, 189.0)]


def test_outcomes_by_type(store):
    names = (
        "kind",
        "episodes",
        "clients",
        "resolved",
        "attempted",
        "unaddressed",
        "resolved_percent",
        "median_latency_s",
    )
    assert only(ask(store, "outcomes_by_type"), *names) == [
        ("confrontation", 1, 1, 0, 0, 1, 0.0, None),
        ("withdrawal", 2, 2, 1, 1, 0, 50.0, 6.0),
    ]


def test_density_by_phase(store):
    rows = ask(store, "density_by_phase")
    assert only(rows, "phase", "sessions", "client_words", "withdrawal_density", "confrontation_density") == [
        ("early", 2, 1000, 2.0, 1.0),
        ("late", 2, 500, 2.0, 0.0),
        ("unknown", 1, 1000, 0.0, 0.0),
    ]
    assert only(rows, "density_likely", "repair_density") == [(2.0, 2.0), (2.0, 2.0), (0.0, 0.0)]


def test_next_session_frame_follows_one_series_into_the_very_next_session(store):
    rows = ask(store, "next_session_frame")
    # a2 is followed by a cancelled session, so its next score is not the next session's; pre scores are another series
    assert only(rows, "session_id", "timing", "score", "next_score", "markers_per_1000", "repairs_per_1000") == [
        ("a1", "post", 4.0, 3.0, 2.0, 4.0),
        ("b1", "post", 5.0, 4.5, 4.0, 4.0),
    ]
    assert only(rows, "score_within", "score_between", "markers_between") == [(0.0, -0.5, -1.0), (0.0, 0.5, 1.0)]


def test_within_and_between_add_up_to_what_was_measured(store):
    frame = ask(store, "next_session_frame")
    for stem in ("score", "markers_per_1000", "repairs_per_1000", "unaddressed"):
        short = stem.removesuffix("_per_1000")
        rest = {round(r[stem] - r[f"{short}_within"] - r[f"{short}_between"], 9) for r in frame}
        assert len(rest) == 1, "what is left is the grand mean, the same in every row"


def test_order_flag_and_resolution(store):
    assert only(ask(store, "order_flag_and_resolution"), "order_flag", "episodes", "resolved", "attempted") == [
        ("explore_before_accountability", 1, 0, 1),
        ("ok", 1, 1, 0),
    ]


def test_attendance_after_unaddressed_ruptures(store):
    names = ("this_session", "sessions", "next_cancelled", "next_not_held_percent", "next_minutes_late")
    assert only(ask(store, "attendance_after_unaddressed_ruptures"), *names) == [
        ("1 an unaddressed rupture", 1, 1, 100.0, None),
        ("2 ruptures, all met with a repair move", 2, 0, 0.0, 6.0),
    ]


def test_what_follows_a_marker_looks_past_back_channels(store):
    rows = ask(store, "what_follows_a_marker")
    assert only(rows, "marker", "followed_by", "times", "percent") == [
        ("cf_complaint_therapist", "not_coded", 1, 100.0),
        ("wd_minimal_response", "rp_accountability", 2, 66.7),
        ("wd_minimal_response", "not_coded", 1, 33.3),
    ]


# ---- views


def test_session_alliance_keeps_sessions_without_a_score_and_never_mixes_timings(store):
    rows = store.rows("SELECT * FROM session_alliance WHERE client_id = 'c1' ORDER BY session_no, timing")
    assert only(rows, "session_id", "timing", "score", "next_score", "sessions_to_next_score") == [
        ("a1", "post", 4.0, 3.0, 1),
        ("a2", "post", 3.0, 3.5, 2),
        ("a2", "pre", 2.0, None, None),
        ("a3", None, None, None, None),
        ("a4", "post", 3.5, None, None),
    ]


def test_client_trajectory_has_missed_sessions_and_what_came_before(store):
    rows = store.rows("SELECT * FROM client_trajectory WHERE client_id = 'c1' AND timing = 'post' ORDER BY session_no")
    assert only(rows, "session_id", "status", "score", "change", "mean_before", "n_before", "n_unaddressed") == [
        ("a1", "held", 4.0, None, None, 0, 0),
        ("a2", "held", 3.0, -1.0, 4.0, 1, 1),
        ("a3", "late_cancelled", None, None, 3.5, 2, 0),
        ("a4", "held", 3.5, 0.5, 3.5, 2, 0),
    ]


def test_session_summary_has_each_session_once(store):
    rows = store.rows("SELECT * FROM session_summary ORDER BY session_id")
    assert only(rows, "session_id", "client_words", "n_withdrawal", "n_confrontation", "n_confrontation_likely") == [
        ("a1", 500, 1, 0, 0),
        ("a2", 500, 1, 1, 0),
        ("a3", 0, 0, 0, 0),
        ("a4", 1000, 0, 0, 0),
        ("b1", 250, 1, 0, 0),
        ("b2", 250, 0, 0, 0),
    ]
    assert only(rows, "n_attendance")[2] == (1,)


# ---- the schema


PUBLIC = """
sessions: session_id client_id therapist_id session_no phase day status minutes_late transcript_source n_turns
    duration_s run_id
turns: session_id turn_no speaker start_s end_s text n_words is_backchannel latency_s
coded_segments: segment_id session_id turn_no char_start char_end code family status probability cue measures source
    lexicon_version model_version run_id
episodes: episode_id session_id kind first_turn last_turn repair_turn latency_s outcome order_flag
alliance_scores: client_id session_id measure form timing subscale score n_items n_missing key_version
decisions: segment_id coder decision code decided_at codebook_version
runs: run_id started finished code_version lexicon_hash model_hashes settings_hash counts
"""  # column names other programs of a lab build on


def test_the_public_schema_stands(store):
    columns: dict[str, set[str]] = {}
    for table, column, *_ in store._connection.execute(COLUMNS).fetchall():
        columns.setdefault(table, set()).add(column)
    promised = re.findall(r"^(\w+): ((?:.+\n)(?: +.+\n)*)", PUBLIC, flags=re.MULTILINE)
    assert len(promised) == 7
    for table, names in promised:
        assert set(names.split()) <= columns[table]
    views = {r["view_name"] for r in store.rows("SELECT view_name FROM duckdb_views() WHERE NOT internal")}
    assert {"session_alliance", "rupture_repair", "client_trajectory", "final_codes"} <= views


def test_every_table_column_and_view_says_what_it_means(store):
    for what, name in (("tables", "table_name"), ("views", "view_name")):
        assert store.rows(f"SELECT {name} FROM duckdb_{what}() WHERE NOT internal AND comment IS NULL") == []
    tables = "SELECT table_name FROM duckdb_tables()"
    silent = f"SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name IN ({tables})"
    assert store.rows(silent) == []


def test_the_data_dictionary_is_current():
    written = (DATA_CONTRACTS / "README.md").read_text(encoding="utf-8")
    assert written == data_dictionary(), "run `python -m pipeline.store_columns`"
    assert all(f"| queries/{q.name} |" in written for q in QUERIES)


def test_no_query_or_view_quotes_words_of_a_session():
    for path in [*QUERIES, Path(DATA_CONTRACTS / "views.sql")]:
        code = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
        assert ".text" not in code
        assert " text" not in code.replace("transcript_text", "")

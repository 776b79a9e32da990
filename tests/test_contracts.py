"""Data contracts: a good session passes, and every single expectation is broken once by a row that deserves it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import contracts
from pipeline.alliance import Score
from pipeline.alliance_ruptures import ScoreRupture, score_ruptures
from pipeline.codes import Decision, Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.contract_rows import AdmittedTurn, damaged_pseudonyms
from pipeline.contracts import (
    EXPECTATIONS,
    ContractResult,
    check_admitted,
    check_coded,
    check_decisions,
    check_run,
    check_safe,
    check_score_ruptures,
    check_scores,
    refuse_failed,
)
from pipeline.errors import Quarantined, Reason
from pipeline.session import Session, Speaker, Turn

CLIENT, THERAPIST = Speaker.CLIENT, Speaker.THERAPIST
CODES = {
    "wd_minimal_response": SimpleNamespace(family=Family.WITHDRAWAL, speaker=CLIENT),
    "rp_accountability": SimpleNamespace(family=Family.REPAIR, speaker=THERAPIST),
    "at_late": SimpleNamespace(family=Family.ATTENDANCE, speaker=None),
}
TURNS = (
    Turn(0, THERAPIST, "What was it like to sit with that?", 0.0, 3.0),
    Turn(1, CLIENT, "Fine. Ask [NAME_1].", 5.5, 7.0, latency_s=2.5),
    Turn(2, THERAPIST, "I moved on too fast there.", 8.0, 11.0, latency_s=1.0),
    Turn(3, CLIENT, "mm", 11.5, 15.0, is_backchannel=True, latency_s=0.5),
)
SESSION = Session("s1", "c1", "t1", TURNS, session_no=1, phase="early", day=0, minutes_late=4.0)
TAGS = (
    Tag("wd_minimal_response", Family.WITHDRAWAL, 1, 0, 5, Status.LIKELY, 0.8, "bare", (("n_words", 1.0),)),
    Tag("rp_accountability", Family.REPAIR, 2, 0, 26, Status.POSSIBLE, 0.5, "own"),
    Tag("at_late", Family.ATTENDANCE, None, None, None, Status.LIKELY, 0.9, "minutes"),
)
EPISODE = Episode("withdrawal", 1, 2, 2, 1.0, Outcome.ATTEMPTED, OrderFlag.OK)
PLANNED = {
    "session_id": "s1", "client_id": "c1", "therapist_id": "t1", "session_no": 1, "status": "held",
    "transcript_source": "human", "minutes_late": 4.0, "day": 0,
}  # fmt: skip
ADMITTED = [AdmittedTurn(t.turn_no, t.speaker.value, len(t.text), t.start_s, t.end_s) for t in TURNS]
SCORE = Score("c1", "s1", "SRS", "client", "post", "total", 36.0, 4, 1, 0.0, 10.0, True, "SRS 1")
SERIES = [replace(SCORE, session_id=f"s{n}", score=v, n_missing=0) for n, v in enumerate((36.0, 30.0, 36.0), 1)]
RUPTURE = ScoreRupture(
    "c1",
    "SRS",
    "client",
    "post",
    "total",
    "rci",
    "sd",
    "indirect_rupture",
    "s2",
    "s1",
    36.0,
    -6.0,
    6.0,
    "s3",
    1,
    "z=1.96",
)
DECISION = Decision("x1", "s1", "coder_a", "accept", None, "2026-04-01T10:00:00", "2026.1")
RUN = {
    "run_id": "r1", "code_version": "0.1", "lexicon_hash": "l", "settings_hash": "s",
    "started": datetime(2026, 3, 2, 22), "finished": datetime(2026, 3, 2, 23),
    "counts": '{"sessions": 4, "written": 1, "unchanged": 1, "refused": 1, "quarantined": 1}',
}  # fmt: skip


def planned(**changes):
    return check_admitted(PLANNED | changes, ADMITTED)


def came_in(position: int, **changes):
    turns = [t._replace(**changes) if n == position else t for n, t in enumerate(ADMITTED)]
    return check_admitted(PLANNED, turns)


def safe(position: int | None = None, turn: dict | None = None, **changes):
    turns = tuple(replace(t, **turn) if turn and n == position else t for n, t in enumerate(TURNS))
    return check_safe(replace(SESSION, turns=turns, **changes) if turn else replace(SESSION, **changes))


def coded(*tags: Tag, codes=CODES, session: Session = SESSION):
    return check_coded(session, tags, (), codes=codes)


def forced(record, **changes):
    """A record its own class would refuse: the contract may not lean on it alone."""
    copy = replace(record)
    for name, value in changes.items():
        object.__setattr__(copy, name, value)
    return copy


def linked(*episodes: Episode, tags=TAGS, session: Session = SESSION):
    return check_coded(session, tags, episodes, codes=CODES)


def scored(*scores: Score):
    return (check_scores(scores, client_of={"s1": "c1", "s2": "c2"}),)


def fell(*ruptures: ScoreRupture, **changes):
    client_of = {"s1": "c1", "s2": "c1", "s3": "c1", "s9": "c2"}
    session_no = {"s1": 1, "s2": 2, "s3": 3, "s9": 4}
    return (
        check_score_ruptures(
            ruptures or [replace(RUPTURE, **changes)], scores=SERIES, client_of=client_of, session_no=session_no
        ),
    )


def decided(*decisions: Decision):
    return (check_decisions(decisions, codes=CODES, sessions=["s1"]),)


def ran(**changes):
    return (check_run(RUN | changes),)


WD, RP, LATE = TAGS
UNTIMED = replace(SESSION, turns=tuple(replace(t, start_s=None, end_s=None, latency_s=None) for t in TURNS))

WD_ROW = "turn 1 wd_minimal_response"
SHORTER, LONGER = replace(EPISODE, last_turn=1), replace(EPISODE, last_turn=3)
SECOND, LATER = replace(EPISODE, first_turn=2), replace(EPISODE, first_turn=3, last_turn=3)
SCORE_ROW = "c1 s1 SRS client post total"
ELSEWHERE, NOWHERE = replace(SCORE, session_id="s2"), replace(SCORE, session_id="s9")
WHEN = DECISION.decided_at
RUPTURE_ROW = "c1 s2 SRS client post total rci sd"
DECISION_ROW = f"x1 accept {WHEN} coder_a"
NAN = float("nan")

# suite, column as the result names it, the check of records with one thing wrong, the rows it should name
BROKEN = [
    ("admitted_sessions", "client_id", lambda: planned(client_id=""), ["s1"]),
    ("admitted_sessions", "therapist_id", lambda: planned(therapist_id=None), ["s1"]),
    ("admitted_sessions", "session_no not_be_null", lambda: planned(session_no=None), ["s1"]),
    ("admitted_sessions", "session_no between", lambda: planned(session_no=0), ["s1"]),
    ("admitted_sessions", "status", lambda: planned(status="moved"), ["s1"]),
    ("admitted_sessions", "transcript_source", lambda: planned(transcript_source="tape"), ["s1"]),
    ("admitted_sessions", "minutes_late", lambda: planned(minutes_late=720.0), ["s1"]),
    ("admitted_sessions", "turns_fit_status", lambda: planned(status="no_show"), ["s1"]),
    ("admitted_sessions", "turns_fit_status", lambda: check_admitted(PLANNED, []), ["s1"]),
    ("admitted_sessions", "day", lambda: planned(day=-3), ["s1"]),
    ("admitted_turns", "turn_no, position", lambda: came_in(2, turn_no=7), ["turn 7"]),
    ("admitted_turns", "speaker not_be_null", lambda: came_in(2, role=None), ["turn 2"]),
    ("admitted_turns", "speaker in_set", lambda: came_in(2, role="nurse"), ["turn 2"]),
    ("admitted_turns", "n_chars", lambda: came_in(2, n_chars=0), ["turn 2"]),
    ("admitted_turns", "start_s", lambda: came_in(3, start_s=115000.0, end_s=150000.0), ["turn 3"]),
    ("admitted_turns", "end_s, start_s", lambda: came_in(3, end_s=11.0), ["turn 3"]),
    ("admitted_turns", "steps_back_s", lambda: came_in(3, start_s=2.0), ["turn 3"]),
    ("sessions", "client_id", lambda: safe(client_id=""), ["s1"]),
    ("sessions", "therapist_id", lambda: safe(therapist_id=""), ["s1"]),
    ("sessions", "session_no not_be_null", lambda: safe(session_no=None), ["s1"]),
    ("sessions", "session_no between", lambda: safe(session_no=0), ["s1"]),
    ("sessions", "status", lambda: safe(status="moved"), ["s1"]),
    ("sessions", "transcript_source", lambda: safe(source=SimpleNamespace(value="tape")), ["s1"]),
    ("sessions", "minutes_late", lambda: safe(minutes_late=-1425.0), ["s1"]),
    ("sessions", "turns_fit_status", lambda: safe(turns=()), ["s1"]),
    ("sessions", "phase", lambda: safe(phase="end"), ["s1"]),
    ("sessions", "day", lambda: safe(day=-1), ["s1"]),
    ("sessions", "duration_s", lambda: safe(3, {"start_s": 1.0, "end_s": 50000.0}), ["s1"]),
    ("turns", "turn_no, position", lambda: safe(1, {"turn_no": 0}), ["turn 0"]),
    ("turns", "speaker", lambda: safe(1, {"speaker": SimpleNamespace(value="nurse")}), ["turn 1"]),
    ("turns", "n_chars", lambda: safe(1, {"text": ""}), ["turn 1"]),
    ("turns", "start_s", lambda: safe(0, {"start_s": -1.0}), ["turn 0"]),
    ("turns", "end_s, start_s", lambda: safe(3, {"end_s": 11.0}), ["turn 3"]),
    ("turns", "steps_back_s", lambda: safe(3, {"start_s": 2.0, "latency_s": -9.0}), ["turn 3"]),
    ("turns", "n_unwritable", lambda: safe(1, {"text": "Fine.\x00"}), ["turn 1"]),
    ("turns", "n_unwritable", lambda: safe(1, {"text": "Fine.\ud83d"}), ["turn 1"]),
    ("turns", "n_damaged_pseudonyms", lambda: safe(1, {"text": "Fine, [NAME_1"}), ["turn 1"]),
    ("turns", "latency_error_s", lambda: safe(2, {"latency_s": 3.0}), ["turn 2"]),
    ("turns", "latency_error_s", lambda: safe(0, {"latency_s": 0.0}), ["turn 0"]),
    ("coded_segments", "row", lambda: coded(WD, replace(WD, char_end=4)), [WD_ROW] * 2),
    ("coded_segments", "code_is_known", lambda: coded(replace(WD, code="wd_other")), ["turn 1 wd_other"]),
    ("coded_segments", "family_is_the_codes", lambda: coded(replace(WD, family=Family.REPAIR)), [WD_ROW]),
    ("coded_segments", "turn_exists", lambda: coded(replace(WD, turn_no=9)), ["turn 9 wd_minimal_response"]),
    ("coded_segments", "speaker_is_the_codes", lambda: coded(replace(WD, turn_no=2)), ["turn 2 wd_minimal_response"]),
    ("coded_segments", "turn_chars, char_end", lambda: coded(replace(WD, char_end=99)), [WD_ROW]),
    ("coded_segments", "evidence_has_words", lambda: coded(replace(WD, char_start=4, char_end=6)), [WD_ROW]),
    ("coded_segments", "on_backchannel", lambda: coded(replace(WD, turn_no=3, char_end=2)), [WD_ROW.replace("1", "3")]),
    ("coded_segments", "probability", lambda: coded(forced(WD, probability=1.2)), [WD_ROW]),
    ("coded_segments", "status", lambda: coded(replace(WD, status="certain")), [WD_ROW]),
    ("coded_segments", "n_measures_not_finite", lambda: coded(replace(WD, measures=(("z", NAN),))), [WD_ROW]),
    ("episodes", "row", lambda: linked(EPISODE, SHORTER), ["episode at turn 1"] * 2),
    ("episodes", "kind", lambda: linked(replace(EPISODE, kind="other")), ["episode at turn 1"]),
    ("episodes", "within_session", lambda: linked(replace(EPISODE, last_turn=9)), ["episode at turn 1"]),
    ("episodes", "opens_on_a_code", lambda: linked(replace(EPISODE, first_turn=0)), ["episode at turn 0"]),
    ("episodes", "repair_is_coded", lambda: linked(EPISODE, tags=[WD]), ["episode at turn 1"]),
    ("episodes", "repair_turn, first_turn", lambda: linked(LATER), ["episode at turn 3"]),
    ("episodes", "first_turn, previous_last_turn", lambda: linked(LONGER, SECOND), ["episode at turn 2"]),
    ("episodes", "latency_fits", lambda: linked(EPISODE, session=UNTIMED), ["episode at turn 1"]),
    ("alliance_scores", "row", lambda: scored(SCORE, SCORE), [SCORE_ROW] * 2),
    ("alliance_scores", "session_is_the_clients", lambda: scored(ELSEWHERE), ["c1 s2 SRS client post total"]),
    ("alliance_scores", "session_is_the_clients", lambda: scored(NOWHERE), ["c1 s9 SRS client post total"]),
    ("alliance_scores", "form", lambda: scored(replace(SCORE, form="patient")), ["c1 s1 SRS patient post total"]),
    ("alliance_scores", "timing", lambda: scored(replace(SCORE, timing="mid")), ["c1 s1 SRS client mid total"]),
    ("alliance_scores", "score, lowest", lambda: scored(replace(SCORE, score=-1.0)), [SCORE_ROW]),
    ("alliance_scores", "highest, score", lambda: scored(replace(SCORE, score=40.5)), [SCORE_ROW]),
    ("alliance_scores", "enough_answered", lambda: scored(replace(SCORE, n_missing=2)), [SCORE_ROW]),
    ("alliance_scores", "key_version", lambda: scored(replace(SCORE, key_version="")), [SCORE_ROW]),
    ("score_ruptures", "row", lambda: fell(RUPTURE, RUPTURE), [RUPTURE_ROW] * 2),
    ("score_ruptures", "criterion", lambda: fell(criterion="rci_like"), [RUPTURE_ROW.replace("rci", "rci_like")]),
    ("score_ruptures", "kind_fits", lambda: fell(kind="indirect_gain"), [RUPTURE_ROW]),
    ("score_ruptures", "sessions_are_the_clients", lambda: fell(regained_session_id="s9"), [RUPTURE_ROW]),
    ("score_ruptures", "order_fits", lambda: fell(sessions_to_regain=2), [RUPTURE_ROW]),
    ("score_ruptures", "order_fits", lambda: fell(before_session_id="s3"), [RUPTURE_ROW]),
    ("score_ruptures", "score_fits", lambda: fell(change=-7.0), [RUPTURE_ROW]),
    ("score_ruptures", "score_fits", lambda: fell(subscale="bond"), [RUPTURE_ROW.replace("total", "bond")]),
    ("score_ruptures", "size, threshold", lambda: fell(threshold=6.1), [RUPTURE_ROW]),
    ("decisions", "row", lambda: decided(DECISION, DECISION), [DECISION_ROW] * 2),
    ("decisions", "coder", lambda: decided(replace(DECISION, coder="")), [f"x1 accept {WHEN} "]),
    ("decisions", "decision", lambda: decided(replace(DECISION, decision="maybe")), [f"x1 maybe {WHEN} coder_a"]),
    ("decisions", "code_fits", lambda: decided(replace(DECISION, decision="relabel")), [f"x1 relabel {WHEN} coder_a"]),
    ("decisions", "place_fits", lambda: decided(replace(DECISION, decision="move")), [f"x1 move {WHEN} coder_a"]),
    ("decisions", "session_is_known", lambda: decided(replace(DECISION, session_id="s9")), [DECISION_ROW]),
    ("runs", "code_version", lambda: ran(code_version=""), ["r1"]),
    ("runs", "lexicon_hash", lambda: ran(lexicon_hash=None), ["r1"]),
    ("runs", "settings_hash", lambda: ran(settings_hash=None), ["r1"]),
    ("runs", "duration_s", lambda: ran(finished=datetime(2026, 3, 2, 21)), ["r1"]),
    ("runs", "n_unaccounted", lambda: ran(counts={"sessions": 3, "written": 2}), ["r1"]),
]  # fmt: skip


def named(expectation: str, column: str, wanted: str) -> bool:
    """`wanted` is a column, followed by a part of the expectation where a column has more than one."""
    return wanted == column or (
        wanted.startswith(f"{column} ") and expectation.endswith(wanted.removeprefix(f"{column} "))
    )


@pytest.mark.parametrize(("suite", "column", "check", "rows"), BROKEN, ids=[f"{s}-{c}" for s, c, _, _ in BROKEN])
def test_every_expectation_can_fail_and_names_the_row(suite, column, check, rows):
    failed = [f for r in check() if r.suite == suite for f in r.failed if named(f.expectation, f.column, column)]
    assert [list(f.rows) for f in failed] == [rows]
    assert failed[0].n_unexpected == len(rows)


def test_no_expectation_is_left_without_a_row_that_breaks_it():
    for file in EXPECTATIONS.glob("*.json"):
        suite = json.loads(file.read_text())
        assert suite["name"] == file.stem
        for e in suite["expectations"]:
            kwargs = e["kwargs"]
            column = kwargs.get("column") or f"{kwargs['column_A']}, {kwargs['column_B']}"
            broken = [c for s, c, _, _ in BROKEN if s == file.stem and named(e["type"], column, c)]
            assert broken, f"{file.stem}: {e['type']} of {column} is never seen to fail"
            assert e["meta"]["means"]


def everything() -> tuple[ContractResult, ...]:
    return (
        *check_admitted(PLANNED, ADMITTED),
        *check_safe(SESSION),
        *check_coded(SESSION, TAGS, [EPISODE], codes=CODES),
        check_scores([SCORE], client_of={"s1": "c1"}),
        fell()[0],
        check_decisions([DECISION], codes=CODES, sessions=["s1"]),
        check_run(RUN),
    )


def test_a_good_session_passes_every_suite():
    results = everything()
    assert {r.suite for r in results} == {f.stem for f in EXPECTATIONS.glob("*.json")}
    assert all(r.success and r.failed == () and r.n_rows > 0 for r in results)
    refuse_failed("s1", results)


def test_a_missed_session_and_a_session_without_times_pass():
    missed = replace(SESSION, turns=(), status="no_show", minutes_late=None)
    results = (
        *check_admitted(PLANNED | {"status": "no_show"}, []),
        *check_safe(missed),
        *check_coded(missed, [LATE], [], codes=CODES),
        *check_safe(UNTIMED),
        *check_coded(UNTIMED, TAGS, [replace(EPISODE, latency_s=None)], codes=CODES),
    )
    assert all(r.success for r in results)


def test_a_score_below_three_quarters_is_empty_and_passes_and_so_does_one_that_came_ready_made():
    results = scored(
        replace(SCORE, score=None, n_missing=3),
        replace(SCORE, session_id="s2", client_id="c2", n_items=None, n_missing=None, scale_min=None, scale_max=None),
    )
    assert results[0].success


def test_what_the_criteria_find_holds_against_the_scores_it_was_found_in():
    series = {"a": "5 5 3 5 4.9 5 1 5", "b": "4 4 4 4 4.1 4", "c": "3 2.9 3.1 5 5 5.1 3 3 3.1"}
    scores = [
        replace(SCORE, client_id=c, session_id=f"{c}{n}", score=float(v), n_missing=0)
        for c, values in series.items()
        for n, v in enumerate(values.split(), 1)
    ]
    session_no = {s.session_id: int(s.session_id[1:]) for s in scores}
    found = score_ruptures(scores, session_no)
    assert {r.criterion for r in found} >= {"strauss_like", "stiles_like", "gumz_1", "sudden_gain", "rci"}
    checked = check_score_ruptures(
        found, scores=scores, client_of={s.session_id: s.client_id for s in scores}, session_no=session_no
    )
    assert (checked.success, checked.n_rows) == (True, len(found))


def test_a_failed_contract_stops_the_session_in_words_of_ours():
    secret = "kingfisher"
    bad = replace(SESSION, turns=(*TURNS[:3], replace(TURNS[3], text=f"{secret} [[NAME_1]] \x07", turn_no=8)))
    results = (*check_safe(bad), *check_coded(bad, [replace(WD, turn_no=8, char_end=300)], [EPISODE], codes=CODES))
    with pytest.raises(Quarantined, match=r"s1: contract_failed: turns: .*turn 8") as caught:
        refuse_failed("s1", results)
    assert caught.value.reason is Reason.CONTRACT_FAILED
    assert secret not in repr(results) + str(caught.value)


def test_sessions_looked_at_together_get_the_results_they_get_alone():
    bad = replace(SESSION, session_id="s2", turns=(*TURNS[:3], replace(TURNS[3], end_s=11.0)))
    third = replace(SESSION, session_id="s3")
    checks = [
        c
        for s in (SESSION, bad, third)
        for c in (*contracts.safe(s), *contracts.coded(s, TAGS, [EPISODE], codes=CODES))
    ]
    together = contracts.run_checks(checks)
    alone = tuple(contracts.run_checks([c])[0] for c in checks)
    assert together == alone
    assert [(r.subject, r.suite) for r in together if not r.success] == [("s2", "turns")]
    assert [f.rows for r in together for f in r.failed] == [("turn 3",)]


@pytest.mark.parametrize(
    ("text", "damaged"),
    [
        ("I told [NAME_1] and [NAME_2]'s brother at [LOCATION_12].", 0),
        ("the [NAME_1]s came", 0),
        ("[pause 6s] well [laughs] [RECORD_NUMBER_3]", 0),
        ("[NAME_1]son called", 1),
        ("Mc[NAME_1] called", 1),
        ("I told NAME_1] so", 1),
        ("I told [NAME_1 so", 1),
        ("I told [NAME_ so", 1),
        ("I told [[NAME_1]] so", 1),
        ("I told [NAME_[NAME_2]] so", 1),
    ],
)
def test_damage_to_a_pseudonym_is_seen(text, damaged):
    assert bool(damaged_pseudonyms(text)) == bool(damaged)


def test_nothing_is_printed_logged_sent_or_left_behind(tmp_path):
    script = (
        "import importlib.util, logging, socket, sys\n"
        "logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format='%(name)s: %(message)s')\n"
        "def refuse(*a, **k): print('network asked for', flush=True); raise OSError\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "spec = importlib.util.spec_from_file_location('t', sys.argv[1]); t = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(t)\n"
        "assert 'great_expectations' not in sys.modules and 'pandas' not in sys.modules\n"
        "assert all(r.success for r in t.everything()); t.safe(1, {'text': 'kingfisher\\x00'})\n"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script, __file__], cwd=tmp_path, env={"PYTHONPATH": str(root), "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    said = done.stdout + done.stderr
    assert [word for word in ("kingfisher", "great_expectations", "it/s", "network") if word in said] == []
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == []

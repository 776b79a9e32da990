"""The questions about scores, coders, timing and what follows what, on three sessions written by hand each."""

from __future__ import annotations

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline.alliance import Score
from pipeline.alliance_criteria import Criteria
from pipeline.alliance_ruptures import score_ruptures
from pipeline.certainty import corrected_share
from pipeline.codes import Decision, Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.disclosure import CLIENTS_TO_RANK, SMALLEST_CELL
from pipeline.session import Session, Source, Speaker, Turn
from pipeline.store import DATA_CONTRACTS, open_store

C, T = Speaker.CLIENT, Speaker.THERAPIST
FAMILIES = {"wd": Family.WITHDRAWAL, "cf": Family.CONFRONTATION, "rp": Family.REPAIR}
SERIES = ("WAI-SR", "client", "post", "total")


def ask(store, name: str) -> list[dict]:
    return store.rows((DATA_CONTRACTS / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


def only(rows: list[dict], *names: str) -> list[tuple]:
    return [tuple(r[n] for n in names) for r in rows]


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "study.duckdb") as opened:
        yield opened


def tags(codes: str) -> list[Tag]:
    """`tags("1 wd_denial, 3 rp_validate")`: codes with the turns they are on."""
    found = []
    for one in codes.split(", ") if codes else []:
        turn_no, code = one.split()
        found.append(Tag(code, FAMILIES[code[:2]], int(turn_no), 0, 4, Status.LIKELY, 0.7, "cue"))
    return found


def turns(*silences: float | None) -> tuple[Turn, ...]:
    """Turns of ten seconds, therapist first and then by turns; each silence comes before a turn; None: a back-channel."""
    made, clock = [], 0.0
    for n, silence in enumerate(silences):
        start = clock + (silence or 0.0)
        made.append(Turn(n, T if n % 2 == 0 else C, "some words", start, start + 10, is_backchannel=silence is None))
        clock = start + 10
    return tuple(made)


def put(
    store, session_id: str, client: str, no: int, codes: str = "", *, phase="early", status="held", words=None,
    therapist="t1", episodes: str = "", source=Source.HUMAN,
) -> None:  # fmt: skip
    made = {
        "r": Episode("withdrawal", 1, 4, 3, 6.0, Outcome.RESOLVED, OrderFlag.OK),
        "a": Episode("withdrawal", 1, 3, 3, 6.0, Outcome.ATTEMPTED, OrderFlag.NOT_APPLICABLE),
        "u": Episode("withdrawal", 1, 1, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE),
    }
    said = words if words is not None else turns(*[0.5] * 8)
    session = Session(
        session_id, client, therapist, () if status != "held" else said, no, phase, 7 * no, status, None, source
    )
    store.write_session(
        session, tags(codes), [made[e] for e in episodes], run_id="r", lexicon_version="1", model_version="1",
        fingerprint="f",
    )  # fmt: skip
    known = {t.code: SimpleNamespace(family=t.family, label=t.code, speaker=C) for t in tags(codes)}
    store.write_codes(known)


def write_scores(store, **clients: str) -> list[Score]:
    scores = [
        Score(client, f"{client}{no}", *SERIES, float(value), 12, 0, 1.0, 5.0, True, "1")
        for client, series in clients.items()
        for no, value in enumerate(series.split(), 1)
    ]
    numbers = {s.session_id: int(s.session_id[1:]) for s in scores}
    store.write_scores(scores)
    store.write_score_ruptures(score_ruptures(scores, numbers, criteria=Criteria()))
    return scores


# ---- scores


def test_the_baseline_of_the_next_session_frame_was_given_before_the_session(store):
    for no in (1, 2, 3, 4):
        put(store, f"a{no}", "a", no, "1 wd_denial" if no == 2 else "")
        put(store, f"b{no}", "b", no)
    scores = write_scores(store, a="4 3 5 4", b="2 2 2 2")
    names = ("session_id", "score_before", "score", "next_score")
    rows = ask(store, "next_session_frame")
    assert only(rows, *names)[:3] == [("a1", None, 4.0, 3.0), ("a2", 4.0, 3.0, 5.0), ("a3", 3.0, 5.0, 4.0)]
    # a's scores before: mean 3.5; clients 3.5 and 2: mean 2.75
    assert only(rows, "score_before_within", "score_before_between")[:3] == [(None, 0.75), (0.5, 0.75), (-0.5, 0.75)]
    # a2: 1 marker on 8 client words, a's mean 125 / 3
    assert [round(r["markers_within"], 4) for r in rows[:3]] == [-41.6667, 83.3333, -41.6667]
    store.write_scores([replace(s, timing="pre") for s in scores])
    assert only(ask(store, "next_session_frame"), *names)[:2] == [("a1", 4.0, 4.0, 3.0), ("a2", 3.0, 3.0, 5.0)]


def test_v_shapes_name_where_a_score_fell_from_and_where_it_came_back(store):
    for no in (1, 2, 3):
        put(store, f"a{no}", "a", no)
    write_scores(store, a="4 2 4")
    # SD sqrt(8 / 6) = 1.155: strauss_like and gumz_1 see the drop of 2, stiles_like needs twice the SD of -2 and 2, 5.66
    names = ("criterion", "from_session_no", "low_session_no", "back_session_no", "level_before", "change")
    assert only(ask(store, "v_shapes_in_scores"), *names) == [
        ("gumz_1", 1, 2, 3, 4.0, -2.0),
        ("strauss_like", 1, 2, 3, 4.0, -2.0),
    ]
    names = ("criterion", "kind", "times", "clients", "regained", "median_sessions_to_regain", "mean_change")
    assert only(ask(store, "score_ruptures_by_criterion"), *names) == [
        ("gumz_1", "indirect_rupture", 1, 1, 1, 1.0, -2.0),
        ("strauss_like", "indirect_rupture", 1, 1, 1, 1.0, -2.0),
    ]


def test_control_chart_by_hand(store):
    for no in range(1, 6):
        put(store, f"a{no}", "a", no)
    write_scores(store, a="4.0 4.2 4.0 4.2 3.5")
    rows = ask(store, "control_chart")
    assert only(rows, "n_before", "centre", "below")[:4] == [(n, None, None) for n in range(4)]
    # mean 4.1, mean moving range 0.2
    assert rows[4]["centre"] == pytest.approx(4.1)
    assert rows[4]["lower_limit"] == pytest.approx(4.1 - 0.532)
    assert rows[4]["upper_limit"] == pytest.approx(4.1 + 0.532)
    assert rows[4]["below"] is True


def test_the_control_chart_and_the_criterion_xmr_find_the_same_sessions(store):
    chance = random.Random(5)
    series = {c: " ".join(f"{chance.gauss(4, 0.3):.2f}" for _ in range(25)) for c in "abcd"}
    for client in series:
        for no in range(1, 26):
            put(store, f"{client}{no}", client, no, words=())
    write_scores(store, **series)
    below = {r["session_id"] for r in ask(store, "control_chart") if r["below"]}
    assert below
    assert below == {r["session_id"] for r in store.rows("SELECT * FROM score_ruptures WHERE criterion = 'xmr'")}


def test_sudden_gains_tell_what_was_tagged_in_the_session_before(store):
    for no, episodes in enumerate(["", "", "ru", "", "", ""], 1):
        put(store, f"a{no}", "a", no, episodes=episodes)
    put(store, "b1", "b", 1)
    write_scores(store, a="2.0 2.1 1.9 4.0 4.1 3.9", b="3")
    # first scores 2 and 3: SD 0.707, reliable from 0.62; the gain is 2.1
    names = ("criterion", "session_no", "level_before", "change", "episodes_before", "resolved_before")
    assert only(ask(store, "sudden_gains_and_losses"), *names) == [("sudden_gain", 4, 1.9, 2.1, 2, 1)]


def test_episodes_and_drops_are_laid_side_by_side(store):
    for no, episodes in enumerate(["u", "r", "", "u"], 1):
        put(store, f"a{no}", "a", no, episodes=episodes)
    write_scores(store, a="4 2 4 2")  # drops at 2 and 4; episodes at 2 and 4, none at 3; 1 has no score before it
    rows = [r for r in ask(store, "episodes_and_score_ruptures") if r["criterion"] == "strauss_like"]
    names = ("sessions", "both_signs", "episodes_only", "drop_only", "neither", "unaddressed_and_drop", "phi")
    assert only(rows, *names) == [(3, 2, 0, 0, 1, 1, 1.0)]


def test_a_score_given_before_a_session_is_laid_next_to_the_session_before(store):
    for no, episodes in enumerate(["", "u", ""], 1):
        put(store, f"a{no}", "a", no, episodes=episodes)
    before = ("WAI-SR", "client", "pre", "total")
    scores = [Score("a", f"a{n}", *before, v, 12, 0, 1.0, 5.0, True, "1") for n, v in enumerate([4.0, 4.0, 2.0], 1)]
    store.write_scores(scores)
    store.write_score_ruptures(score_ruptures(scores, {f"a{n}": n for n in (1, 2, 3)}, criteria=Criteria()))
    rows = [r for r in ask(store, "episodes_and_score_ruptures") if r["criterion"] == "strauss_like"]
    assert only(rows, "both_signs", "episodes_only", "drop_only", "neither") == [(1, 0, 0, 1)]


# ---- people and program


def decide(store, session_id: str, code: str, **words: str) -> None:
    [row] = store.rows("SELECT segment_id FROM coded_segments WHERE session_id = ? AND code = ?", [session_id, code])
    store.write_decisions(
        Decision(row["segment_id"], session_id, coder, word, None, f"2026-01-0{n}T10:00:00", "1")
        for n, (coder, word) in enumerate(words.items(), 1)
    )


def test_agreement_of_two_coders_by_hand(store):
    for no in range(1, 5):
        put(store, f"a{no}", "a", no, "1 wd_denial")
    decide(store, "a1", "wd_denial", k1="accept", k2="accept")
    decide(store, "a2", "wd_denial", k1="accept", k2="accept")
    decide(store, "a3", "wd_denial", k1="accept", k2="reject")
    decide(store, "a4", "wd_denial", k1="reject", k2="reject")
    [row] = ask(store, "agreement_per_code")
    assert only([row], "code", "pairs", "both_yes", "one_alone", "percent", "positive_agreement") == [
        ("wd_denial", 4, 2, 1, 75.0, 0.8)
    ]
    # share of yes 5/8: chance (25 + 9) / 64 = 0.531; (0.75 - 0.531) / 0.469
    assert row["scotts_pi"] == pytest.approx(0.467, abs=5e-4)
    # Wilson: 3 of 4
    assert (row["low"], row["high"]) == (30.1, 95.4)


def test_every_pair_of_three_coders_counts(store):
    put(store, "a1", "a", 1, "1 wd_denial")
    put(store, "a2", "a", 2, "1 wd_denial")
    decide(store, "a1", "wd_denial", k1="accept", k2="accept", k3="accept")
    decide(store, "a2", "wd_denial", k1="accept", k2="reject", k3="reject")
    # a1: three pairs that agree; a2: k1 against both, k2 and k3 agree that it is none
    [row] = ask(store, "agreement_per_code")
    assert only([row], "pairs", "both_yes", "one_alone", "percent") == [(6, 3, 2, 66.7)]


def read_by_people(store, *, adds: int) -> None:
    """Eight sessions read, 4 client turns each: 16 likely tags, of which 10 are right; `adds` turns had been missed."""
    verdicts = iter(["accept"] * 10 + ["reject"] * 6)
    for no in range(1, 9):
        put(store, f"a{no}", "a", no, "1 wd_denial, 3 wd_denial")
        tagged = store.rows("SELECT segment_id FROM coded_segments WHERE session_id = ? ORDER BY turn_no", [f"a{no}"])
        store.write_decisions(
            Decision(r["segment_id"], f"a{no}", "k1", next(verdicts), None, "2026-01-01T10:00:00", "1") for r in tagged
        )
    store.write_decisions(
        Decision(f"new{no}", f"a{no}", "k1", "add", "wd_denial", "2026-01-02T10:00:00", "1", 5, 0, 4)
        for no in range(1, adds + 1)
    )
    # two sessions more in the study; one tag of the first was decided on, which is not to have read it
    put(store, "b1", "b", 1, "1 wd_denial, 3 wd_denial")
    put(store, "b2", "b", 2)
    [first, _] = store.rows("SELECT segment_id FROM coded_segments WHERE session_id = 'b1' ORDER BY turn_no")
    store.write_decisions([Decision(first["segment_id"], "b1", "k1", "accept", None, "2026-01-01T10:00:00", "1")])


def test_prevalence_is_corrected_by_what_people_found_in_the_sessions_they_read(store):
    read_by_people(store, adds=2)
    names = ("code", "turns", "tagged", "tagged_percent", "turns_read", "there_in_read", "found", "missed", "wrong")
    rows = ask(store, "prevalence_corrected")
    assert only(rows, *names) == [
        ("any rupture marker", 40, 18, 45.0, 32, 12, 10, 2, 6),
        ("wd_denial", 40, 18, 45.0, 32, 12, 10, 2, 6),
    ]
    # sensitivity 10 / 12, specificity 1 - 6 / 20; (0.45 + 0.7 - 1) / (0.8333 + 0.7 - 1) = 0.28125
    # variances 0.45 x 0.55 / 40, 0.28125^2 x 0.8333 x 0.1667 / 12, 0.71875^2 x 0.7 x 0.3 / 20: root of sum 0.11193
    # limits 0.28125 -+ 1.96 x 0.11193 / 0.53333 = 0.41133
    assert only(rows, "sensitivity", "specificity", "corrected_percent", "low", "high")[1] == (
        0.833, 0.7, 28.12, 0.0, 69.26,
    )  # fmt: skip
    assert corrected_share(0.45, sensitivity=10 / 12, specificity=0.7) == pytest.approx(0.28125)


def test_without_anybody_who_looked_for_misses_nothing_is_corrected(store):
    read_by_people(store, adds=0)
    for row in ask(store, "prevalence_corrected"):
        assert (row["found"], row["missed"], row["specificity"]) == (10, 0, 0.7273)
        assert (row["sensitivity"], row["corrected_percent"], row["low"], row["high"]) == (None,) * 4


def test_a_relabelled_segment_is_a_disagreement_on_both_codes(store):
    put(store, "a1", "a", 1, "1 wd_denial, 3 wd_appeasing")
    [row] = store.rows("SELECT segment_id FROM coded_segments WHERE code = 'wd_denial'")
    store.write_decisions(
        [
            Decision(row["segment_id"], "a1", "k1", "accept", None, "2026-01-01T10:00:00", "1"),
            Decision(row["segment_id"], "a1", "k2", "relabel", "wd_appeasing", "2026-01-02T10:00:00", "1"),
        ]
    )
    assert only(ask(store, "agreement_per_code"), "code", "pairs", "both_yes", "one_alone") == [
        ("wd_appeasing", 1, 0, 1),
        ("wd_denial", 1, 0, 1),
    ]


def test_human_and_auto_are_compared_only_in_groups_that_are_large_enough(store):
    for no in range(1, SMALLEST_CELL + 1):
        put(store, f"a{no}", "a", no, "1 wd_denial", source=Source.HUMAN if no > 1 else Source.ASR)
        decide(store, f"a{no}", "wd_denial", k1="accept" if no > 2 else "reject")
    rows = {(r["grouped_by"], r["value"]): r for r in ask(store, "human_and_auto_by_group")}
    assert rows["phase", "early"]["decided"] == str(SMALLEST_CELL)
    assert rows["phase", "early"]["accepted_percent"] == 80.0
    assert rows["phase", "early"]["missed_percent"] == 0.0
    for few in (rows["transcript", "human"], rows["transcript", "asr"]):
        assert (few["decided"], few["clients"], few["accepted_percent"]) == ("fewer than 10", None, None)


def test_therapists_with_few_clients_get_no_rates_and_no_rank(store):
    for therapist, n_clients, outcomes in (("t1", CLIENTS_TO_RANK, "r"), ("t2", CLIENTS_TO_RANK, "u"), ("t3", 4, "r")):
        for n in range(n_clients):
            put(store, f"{therapist}{n}", f"{therapist}c{n}", 1, therapist=therapist, episodes=outcomes)
    assert only(ask(store, "outcomes_by_therapist"), "therapist_id", "clients", "resolved_percent", "rank") == [
        ("t1", 5, 100.0, 1),
        ("t2", 5, 0.0, 2),
        ("t3", 4, None, None),
    ]


def test_one_therapist_alone_has_no_rank(store):
    for n in range(CLIENTS_TO_RANK):
        put(store, f"s{n}", f"c{n}", 1, episodes="r")
    assert only(ask(store, "outcomes_by_therapist"), "resolved_percent", "rank") == [(100.0, None)]


def test_the_queries_and_the_policy_name_the_same_numbers():
    by_therapist = (DATA_CONTRACTS / "queries" / "outcomes_by_therapist.sql").read_text()
    assert f">= {CLIENTS_TO_RANK} AS comparable" in by_therapist
    by_group = (DATA_CONTRACTS / "queries" / "human_and_auto_by_group.sql").read_text()
    assert by_group.count(f"n >= {SMALLEST_CELL} ") == 3


# ---- order and time


def test_code_transitions_by_hand(store):
    put(store, "a1", "a", 1, "1 wd_denial, 2 rp_validate, 3 wd_denial, 6 rp_validate")
    put(store, "a2", "a", 2, "1 wd_denial, 3 wd_denial")
    # pairs: wd>rp (1 turn), rp>wd (1), wd>rp (3), wd>wd (2)
    rows = ask(store, "code_transitions")
    assert only(rows, "from_code", "to_code", "times", "percent", "expected", "median_turns") == [
        ("rp_validate", "wd_denial", 1, 100.0, 0.5, 1.0),
        ("wd_denial", "rp_validate", 2, 66.7, 1.5, 2.0),
        ("wd_denial", "wd_denial", 1, 33.3, 1.5, 2.0),
    ]
    # adjusted residual of rp>wd: 0.5 / sqrt(0.5 x (1 - 1/4) x (1 - 2/4))
    assert rows[0]["z"] == pytest.approx(1.15, abs=0.01)


def test_last_sessions_before_leaving_early(store):
    for no, codes in enumerate(["", "", "1 wd_denial", "1 wd_denial, 3 wd_denial"], 1):
        put(store, f"a{no}", "a", no, codes, episodes="u" if no == 4 else "")
    put(store, "a5", "a", 5, status="no_show")
    put(store, "b1", "b", 1, phase="late")
    names = ("ending", "sessions_looked_at", "sessions", "withdrawal_density", "unaddressed", "n_missed")
    # a session has four client turns of two words: 3 tags on 24 words, 0 on 8
    assert only(ask(store, "last_sessions_before_dropout"), *names) == [
        ("1 left early", "last three", 3, 125.0, 1, 1),
        ("1 left early", "before", 1, 0.0, 0, 0),
        ("2 stayed into the last third", "all, three or fewer", 1, 0.0, 0, 0),
    ]


def test_withdrawal_from_timing_looks_past_back_channels(store):
    # turn 1 answers after 1 s, turn 3 is a back-channel: therapist 2 and 4 are 14 s apart, turn 5 answers after 9 s
    put(store, "a1", "a", 1, "5 wd_minimal_response", words=turns(0, 1, 1, None, 4, 9, 1, 1))
    put(store, "a2", "a", 2, words=turns(0, 1, 1, 1, 1, 1, 1, 1))
    put(store, "a3", "a", 3, words=tuple(Turn(n, T if n % 2 == 0 else C, "some words") for n in range(4)))
    names = ("session_id", "therapist_pauses", "answers", "slow_answers", "tagged_answers", "slow_and_tagged")
    assert only(ask(store, "withdrawal_from_timing"), *names) == [("a1", 1, 3, 1, 1, 1), ("a2", 0, 4, 0, 0, 0)]


def test_episodes_by_gap_and_window(store):
    put(store, "a1", "a", 1, "1 wd_denial, 6 wd_denial, 7 rp_validate", words=turns(*[0.5] * 30))
    put(store, "a2", "a", 2, "1 wd_denial, 19 rp_accountability", words=turns(*[0.5] * 30))
    put(store, "a3", "a", 3, "1 wd_denial, 3 rp_defensive, 5 rp_client_reengage", words=turns(*[0.5] * 30))
    rows = {
        (r["gap"], r["window"]): (r["episodes"], r["with_repair_move"])
        for r in ask(store, "episodes_by_gap_and_window")
    }
    assert len(rows) == 20
    assert rows[4, 10] == (4, 1)  # turns 1 and 6 are 5 apart: two episodes, the repair belongs to the second
    assert rows[6, 10] == (3, 1)
    assert rows[6, 20] == (3, 2)  # a defensive answer and re-engaging alone are no repair move

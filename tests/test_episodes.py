from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codes import Family, OrderFlag, Outcome, Status, Tag
from pipeline.episodes import link_episodes
from pipeline.session import Speaker, Turn

FAMILIES = {"wd": Family.WITHDRAWAL, "cf": Family.CONFRONTATION, "rp": Family.REPAIR, "at": Family.ATTENDANCE}


def tags(line):
    """`12 wd_denial, 15 rp_validate?` — a turn number and a code; a question mark makes it only possible."""
    out = []
    for part in filter(None, (p.strip() for p in line.split(","))):
        no, code = part.split()
        status = Status.POSSIBLE if code.endswith("?") else Status.LIKELY
        code = code.rstrip("?")
        out.append(Tag(code, FAMILIES[code[:2]], int(no), 0, 1, status, 0.6, "cue"))
    return out


TURNS = [Turn(i, list(Speaker)[i % 2], "x", float(10 * i), 10.0 * i + 8) for i in range(120)]


def told(line, **settings):
    return [
        (e.kind, e.first_turn, e.last_turn, e.repair_turn, e.outcome.value)
        for e in link_episodes(tags(line), TURNS, **settings)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("5 rp_validate", []),
        ("5 wd_denial?", []),
        ("5 wd_denial", [("withdrawal", 5, 5, None, "unaddressed")]),
        ("5 wd_denial, 11 wd_denial", [("withdrawal", 5, 11, None, "unaddressed")]),
        (
            "5 wd_denial, 12 wd_denial",
            [("withdrawal", 5, 5, None, "unaddressed"), ("withdrawal", 12, 12, None, "unaddressed")],
        ),
        ("5 wd_denial, 7 cf_control_pressure", [("mixed", 5, 7, None, "unaddressed")]),
        ("5 cf_control_pressure, 8 rp_validate", [("confrontation", 5, 8, 8, "attempted")]),
        ("5 cf_control_pressure, 8 rp_validate, 9 rp_client_reengage", [("confrontation", 5, 9, 8, "resolved")]),
        ("5 cf_control_pressure, 7 rp_client_reengage, 8 rp_validate", [("confrontation", 5, 8, 8, "attempted")]),
        ("5 cf_control_pressure, 8 rp_defensive", [("confrontation", 5, 5, None, "unaddressed")]),
        ("5 cf_control_pressure, 46 rp_validate", [("confrontation", 5, 5, None, "unaddressed")]),
        ("5 cf_control_pressure, 45 rp_validate", [("confrontation", 5, 45, 45, "attempted")]),
        ("30 rp_name_rupture, 33 rp_client_reengage", [("named", 30, 33, 30, "resolved")]),
        ("28 wd_denial, 30 rp_name_rupture", [("withdrawal", 28, 30, 30, "attempted")]),
        (
            "5 wd_denial, 20 wd_denial, 22 rp_validate",
            [("withdrawal", 5, 5, None, "unaddressed"), ("withdrawal", 20, 22, 22, "attempted")],
        ),
    ],
)
def test_markers_repair_and_outcome(line, expected):
    assert told(line) == expected


def test_gap_and_window_are_settings():
    assert len(told("5 wd_denial, 12 wd_denial", gap=7)) == 1
    assert told("5 wd_denial, 16 rp_validate", window=10)[0][4] == "unaddressed"


@pytest.mark.parametrize(
    ("moves", "flag"),
    [
        ("8 rp_validate", OrderFlag.NOT_APPLICABLE),
        ("8 rp_accountability, 10 rp_explore_client_part", OrderFlag.OK),
        ("8 rp_accountability, 8 rp_explore_client_part", OrderFlag.SAME_TURN),
        ("8 rp_explore_client_part, 10 rp_accountability", OrderFlag.EXPLORE_BEFORE_ACCOUNTABILITY),
        ("8 rp_explore_client_part", OrderFlag.INDETERMINATE),
    ],
)
def test_exploring_the_clients_part_is_for_after_the_therapists(moves, flag):
    (episode,) = link_episodes(tags(f"5 cf_control_pressure, {moves}"), TURNS)
    assert episode.order_flag is flag


def test_latency_runs_from_the_last_marker_before_the_repair():
    (episode,) = link_episodes(tags("5 wd_denial, 7 wd_denial, 10 rp_validate"), TURNS)
    assert episode.latency_s == 100.0 - 78.0
    untimed = [Turn(t.turn_no, t.speaker, t.text) for t in TURNS]
    assert link_episodes(tags("5 wd_denial, 10 rp_validate"), untimed)[0].latency_s is None


marks = st.lists(
    st.tuples(
        st.integers(0, 119),
        st.sampled_from(
            ["wd_denial", "cf_control_pressure", "rp_validate", "rp_name_rupture", "rp_client_reengage", "rp_defensive"]
        ),
    )
)


@given(marks)
def test_every_marker_lies_in_exactly_one_episode_and_episodes_do_not_start_together(found):
    line = ", ".join(f"{n} {c}" for n, c in found)
    episodes = link_episodes(tags(line), TURNS)
    starts = [e.first_turn for e in episodes]
    assert starts == sorted(set(starts))
    for n, code in found:
        if code[:2] in ("wd", "cf"):
            assert sum(e.first_turn <= n <= e.last_turn for e in episodes) >= 1
    for earlier, later in pairwise(episodes):
        assert earlier.last_turn < later.first_turn
    for e in episodes:
        assert (e.outcome is Outcome.UNADDRESSED) == (e.repair_turn is None)

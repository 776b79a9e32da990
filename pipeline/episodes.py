"""From tags to episodes: rupture markers close together, the repair that followed, and how it ended.

Rules of the science sheet the project follows (3RS-inspired): markers at most `gap` turns apart form one episode;
repair is looked for up to `window` turns after its last marker; resolved means that the client re-engages after a
repair move. Both numbers are settings of the study, since results move with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from pipeline.codes import RUPTURE, Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.session import Turn

GAP = 6  # turns between two markers of one episode
WINDOW = 40  # turns in which a repair is looked for (codebook A10)
REENGAGE = "rp_client_reengage"
DEFENSIVE = "rp_defensive"  # a counter-move: it answers a strain and repairs nothing
NAMING = "rp_name_rupture"
OWNING = "rp_accountability"
EXPLORING = "rp_explore_client_part"


def link_episodes(tags: Iterable[Tag], turns: Sequence[Turn], *, gap: int = GAP, window: int = WINDOW) -> list[Episode]:
    """Link likely tags to episodes, in order of their first turn.

    A repair move counts for one episode only: the latest that began before it. A naming with no marker near opens an
    episode of kind `named` (codebook A10).
    """
    likely = sorted((t for t in tags if t.status is Status.LIKELY and t.turn_no is not None), key=_turn)
    markers = [t for t in likely if t.family in RUPTURE]
    moves = [t for t in likely if t.family is Family.REPAIR and t.code != DEFENSIVE]

    groups: list[list[Tag]] = []
    for tag in markers:
        if groups and _turn(tag) - _turn(groups[-1][-1]) <= gap:
            groups[-1].append(tag)
        else:
            groups.append([tag])
    for move in moves:  # a naming that no marker explains opens its own episode
        if move.code == NAMING and not any(-gap <= _turn(move) - _turn(t) <= window for g in groups for t in g):
            groups.append([move])
    groups.sort(key=lambda g: _turn(g[0]))

    nexts = [_turn(g[0]) for g in groups[1:]]
    return [_episode(g, moves, turns, window, until) for g, until in zip_longest(groups, nexts)]


def _episode(group: list[Tag], moves: list[Tag], turns: Sequence[Turn], window: int, until: int | None) -> Episode:
    first = _turn(group[0])
    last_allowed = _turn(group[-1]) + window
    if until is not None:
        last_allowed = min(last_allowed, until - 1)
    mine = [m for m in moves if first <= _turn(m) <= last_allowed]
    therapist = [m for m in mine if m.code != REENGAGE]
    repair = therapist[0] if therapist else None
    back = [m for m in mine if repair and m.code == REENGAGE and _turn(m) > _turn(repair)]
    outcome = Outcome.UNADDRESSED if repair is None else Outcome.RESOLVED if back else Outcome.ATTEMPTED
    last = max(_turn(t) for t in [*group, *therapist, *back])
    families = {t.family for t in group if t.family in RUPTURE}
    return Episode(
        kind="mixed" if len(families) > 1 else families.pop().value if families else "named",
        first_turn=first,
        last_turn=last,
        repair_turn=_turn(repair) if repair else None,
        latency_s=_latency(group, repair, turns),
        outcome=outcome,
        order_flag=_order(therapist),
    )


def _latency(group: list[Tag], repair: Tag | None, turns: Sequence[Turn]) -> float | None:
    """Seconds from the end of the last marker before the repair move to the start of that move."""
    if repair is None:
        return None
    by_no = {t.turn_no: t for t in turns}
    marker = max((t for t in group if _turn(t) <= _turn(repair)), key=_turn)
    a, b = by_no[_turn(marker)], by_no[_turn(repair)]
    ended = a.end_s if a.end_s is not None else a.start_s
    if ended is None or b.start_s is None:
        return None
    return max(0.0, round(b.start_s - ended, 3))


def _order(moves: list[Tag]) -> OrderFlag:
    """Exploring the client's part is for after the therapist's own accountability (method sheet, order_flag)."""
    explored = [_turn(m) for m in moves if m.code == EXPLORING]
    owned = [_turn(m) for m in moves if m.code == OWNING]
    if not explored:
        return OrderFlag.NOT_APPLICABLE
    if not owned:
        return OrderFlag.INDETERMINATE  # nobody knows whether there was anything to own
    if min(owned) == min(explored):
        return OrderFlag.SAME_TURN
    return OrderFlag.OK if min(owned) < min(explored) else OrderFlag.EXPLORE_BEFORE_ACCOUNTABILITY


def _turn(tag: Tag) -> int:
    assert tag.turn_no is not None  # attendance tags are filtered out before
    return tag.turn_no

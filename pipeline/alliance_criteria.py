"""The criteria by which a change of score counts as an indirect rupture or a gain, each with its source.

They follow published ones. They are named "-like" where the original paper was not at hand, and every number in them is
a parameter:

strauss_like  drop of at least k SD (within clients, pooled). Strauss et al. 2006, J Consult Clin Psychol 74, 337-345
stiles_like   V: drop, and rise again, of at least k SD of the changes from session to session.
              Stiles et al. 2004, J Couns Psychol 51, 81-92
gumz_k        drop of at least k times the larger of the client's own and the pooled SD, k = 1 and 2.
              Gumz et al. 2012, BMC Med Res Methodol 12, 10
xmr           below mean - 2.66 mean moving ranges of the client's sessions before, at least four of them.
              Eubanks-Carter, Gorman & Muran 2012, Psychother Res 22, 621-637; 2.66 = 3 / 1.128 (Shewhart, Wheeler)
sudden_loss, sudden_gain  reliable, at least a quarter of the level before, and the three sessions before differ from
              the three after by t at 5 %. Tang & DeRubeis 1999, J Consult Clin Psychol 67, 894-904
rci           drop beyond 1.96 SD sqrt(2 (1 - reliability)). Jacobson & Truax 1991, J Consult Clin Psychol 59, 12-19

A large drop widens the client's own SD and can hide itself; spread "mad" takes 1.4826 x the median absolute deviation
in its place (Rousseeuw & Croux 1993), and for xmr the median moving range with its factor 3.145 = 3 / 0.954.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean, median, variance

MAD_TO_SD = 1.4826
TINY = 1e-9  # a drop of exactly one SD counts, whatever the last bit of a float says
T_5_PERCENT = {2: 4.303, 3: 3.182, 4: 2.776}  # two-sided, by degrees of freedom


class Spread(StrEnum):
    SD = "sd"
    MAD = "mad"


class Kind(StrEnum):
    """Indirect, because nobody looked into the session."""

    RUPTURE = "indirect_rupture"
    GAIN = "indirect_gain"


@dataclass(frozen=True, slots=True)
class Criteria:
    """The numbers in the criteria. `within` counts session numbers in which a drop has to be regained."""

    spread: Spread = Spread.SD
    strauss_k: float = 1.0
    stiles_k: float = 2.0
    gumz_k: tuple[int, ...] = (1, 2)
    within: int = 3
    xmr_sessions_before: int = 4
    xmr_mean_factor: float = 2.66
    xmr_median_factor: float = 3.145
    rci_z: float = 1.96
    reliability: float = 0.90  # internal consistency of the measure; WAI totals are published around it
    sudden_share: float = 0.25
    sudden_window: int = 3
    own_sessions: int = 3  # a client's own SD needs as many


@dataclass(frozen=True, slots=True)
class Point:
    session_id: str
    session_no: int
    score: float


@dataclass(frozen=True, slots=True)
class Spreads:
    """What is usual in one score series, over all its clients; None where too few scores say so."""

    pooled: float | None  # within clients
    changes: float | None  # of the changes from one scored session to the next
    reliable: float | None  # the smallest reliable change


@dataclass(frozen=True, slots=True)
class Found:
    criterion: str
    at: int  # place in the series
    level: float
    threshold: float
    target: float | None  # the score that counts as regained
    parameters: str
    kind: Kind = Kind.RUPTURE


Client = Sequence[Point]
Criterion = Callable[[Client, Spreads, Criteria], Iterable[Found]]


def spreads(clients: Sequence[Client], c: Criteria) -> Spreads:
    """How much scores of one series usually vary: within clients, from session to session, and by chance."""
    series = [[p.score for p in points] for points in clients]
    changes = [b - a for scores in series for a, b in pairwise(scores)]
    between = spread([scores[0] for scores in series], c.spread)
    reliable = None if between is None else c.rci_z * between * sqrt(2 * (1 - c.reliability))
    return Spreads(_pooled(series, c.spread), spread(changes, c.spread), reliable or None)


def spread(values: Sequence[float], kind: Spread) -> float | None:
    """SD (n - 1) or scaled MAD; None where there are fewer than two values or all are alike."""
    if len(values) < 2:
        return None
    if kind is Spread.SD:
        return sqrt(variance(values)) or None
    middle = median(values)
    return MAD_TO_SD * median(abs(v - middle) for v in values) or None


def _pooled(series: Sequence[Sequence[float]], kind: Spread) -> float | None:
    longer = [scores for scores in series if len(scores) > 1]
    if not longer:
        return None
    if kind is Spread.MAD:
        away = [abs(v - median(scores)) for scores in longer for v in scores]
        return MAD_TO_SD * median(away) or None
    squares = sum(variance(scores) * (len(scores) - 1) for scores in longer)
    return sqrt(squares / sum(len(scores) - 1 for scores in longer)) or None


# ---- the criteria


def _strauss_like(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    if usual.pooled is not None:
        yield from _drops("strauss_like", points, c.strauss_k * usual.pooled, f"k={c.strauss_k:g} within={c.within}")


def _stiles_like(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    if usual.changes is None:
        return
    limit = c.stiles_k * usual.changes
    for f in _drops("stiles_like", points, limit, f"k={c.stiles_k:g} within={c.within}"):
        v = replace(f, target=points[f.at].score + limit)
        if regained(points, v, c):
            yield v


def _gumz(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    own = spread([p.score for p in points], c.spread) if len(points) >= c.own_sessions else None
    known = [s for s in (own, usual.pooled) if s is not None]
    for k in c.gumz_k if known else ():
        yield from _drops(f"gumz_{k}", points, k * max(known), f"k={k} within={c.within}")


def _xmr(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    by_mean = c.spread is Spread.SD
    factor = c.xmr_mean_factor if by_mean else c.xmr_median_factor
    for at in range(c.xmr_sessions_before, len(points)):
        before = [p.score for p in points[:at]]
        ranges = [abs(b - a) for a, b in pairwise(before)]
        centre, width = (fmean(before), fmean(ranges)) if by_mean else (median(before), median(ranges))
        limit = factor * width
        if width > 0 and points[at].score < centre - limit - TINY:
            used = f"factor={factor:g} sessions_before={c.xmr_sessions_before} within={c.within}"
            yield Found("xmr", at, centre, limit, centre, used)


def _sudden(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    if usual.reliable is None:
        return
    for at in range(1, len(points)):
        level = points[at - 1].score
        change = points[at].score - level
        limit = max(usual.reliable, c.sudden_share * abs(level))
        before = [p.score for p in points[max(at - c.sudden_window, 0) : at]]
        after = [p.score for p in points[at : at + c.sudden_window]]
        if abs(change) + TINY >= limit and _differ(before, after, upward=change > 0):
            used = f"share={c.sudden_share:g} window={c.sudden_window} reliability={c.reliability:g}"
            if change > 0:
                yield Found("sudden_gain", at, level, limit, None, used, Kind.GAIN)
            else:
                yield Found("sudden_loss", at, level, limit, level, f"{used} within={c.within}")


def _rci(points: Client, usual: Spreads, c: Criteria) -> Iterable[Found]:
    if usual.reliable is not None:
        used = f"z={c.rci_z:g} reliability={c.reliability:g} within={c.within}"
        yield from _drops("rci", points, usual.reliable, used)


CRITERIA: tuple[Criterion, ...] = (_strauss_like, _stiles_like, _gumz, _xmr, _sudden, _rci)


# ---- pieces


def _drops(criterion: str, points: Client, limit: float, parameters: str) -> Iterable[Found]:
    for at, (before, now) in enumerate(pairwise(points), 1):
        if before.score - now.score + TINY >= limit:
            yield Found(criterion, at, before.score, limit, before.score, parameters)


def _differ(before: Sequence[float], after: Sequence[float], *, upward: bool) -> bool:
    """Two-sample t test with pooled variance in the direction of the change; fewer than two sessions a side say no."""
    n, m = len(before), len(after)
    if n < 2 or m < 2:
        return False
    pooled = (variance(before) * (n - 1) + variance(after) * (m - 1)) / (n + m - 2)
    difference = (fmean(after) - fmean(before)) * (1 if upward else -1)
    critical = T_5_PERCENT.get(n + m - 2, 2.776)  # a wider window would need less: 2.776 is the careful side
    return difference > critical * sqrt(pooled * (1 / n + 1 / m)) + TINY


def regained(points: Client, f: Found, c: Criteria) -> Point | None:
    if f.target is None:
        return None
    fell = points[f.at]
    near = (p for p in points[f.at + 1 :] if p.session_no - fell.session_no <= c.within)
    return next((p for p in near if p.score + TINY >= f.target), None)

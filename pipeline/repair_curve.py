"""How long a rupture waits for a repair move: a Kaplan-Meier curve, because a session can end before one comes.

An episode without a repair move is not one with a very long wait: all that is known is that nothing had come when the
session was over or another episode began. Both kinds wait from the end of the last marker. The share still waiting is the product-limit estimate (Kaplan & Meier 1958, J Am Stat Assoc 53,
457-481), its variance Greenwood's, its limits on the log-log scale, which keeps them between 0 and 1. Episodes of one
client are not independent, so the limits are too narrow; the figure says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

Z = 1.96


@dataclass(frozen=True, slots=True)
class Step:
    """One moment at which something happened. `waiting` is the share still without a repair move just after it."""

    seconds: float
    at_risk: int
    repaired: int
    censored: int
    waiting: float
    low: float
    high: float
    se: float


def waits(episodes: Iterable[Mapping[str, Any]]) -> list[tuple[float, bool]]:
    """(seconds, repaired) of rows of `rupture_repair`; episodes without times are left out."""
    found = []
    for e in episodes:
        if e["waited_s"] is not None:
            found.append((float(e["waited_s"]), e["outcome"] != "unaddressed"))
    return sorted(found, key=lambda w: (w[0], not w[1]))  # at the same second the repair comes before the end


def repair_curve(waited: Iterable[tuple[float, bool]]) -> list[Step]:
    """The curve, from a first step at 0 s on. Empty without episodes."""
    ordered = sorted(waited)
    if not ordered:
        return []
    steps = [Step(0.0, len(ordered), 0, 0, 1.0, 1.0, 1.0, 0.0)]
    waiting, greenwood, at_risk = 1.0, 0.0, len(ordered)
    for seconds in sorted({t for t, _ in ordered}):
        repaired = sum(t == seconds and done for t, done in ordered)
        censored = sum(t == seconds and not done for t, done in ordered)
        if repaired:
            waiting *= 1 - repaired / at_risk
            if at_risk > repaired:
                greenwood += repaired / (at_risk * (at_risk - repaired))
        low, high = _limits(waiting, greenwood)
        steps.append(Step(seconds, at_risk, repaired, censored, waiting, low, high, waiting * sqrt(greenwood)))
        at_risk -= repaired + censored
    return steps


def median_wait(steps: Iterable[Step]) -> float | None:
    """Seconds until half of the episodes were met with a repair move; None where that never came."""
    return next((s.seconds for s in steps if s.waiting <= 0.5), None)


def _limits(waiting: float, greenwood: float) -> tuple[float, float]:
    if not 0 < waiting < 1:
        return waiting, waiting
    spread = Z * sqrt(greenwood) / abs(log(waiting))
    return waiting ** exp(spread), waiting ** exp(-spread)

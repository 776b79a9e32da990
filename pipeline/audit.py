"""How many identifiers are left? A random sample of stored turns, looked at by a person, gives the leak rate.

The figure a review board asks for: leaks per 1,000 words, and how many a session must be expected to hold, each with an
exact 95 % interval (Clopper & Pearson 1934, Biometrika 26:404), and where none was found the rule of three (Hanley &
Lippman-Hand 1983, JAMA 249:1743). Words are taken as drawn one by one; leaks come in clusters, so an interval from few
sessions is too narrow: sample from many.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    CLEAN = "clean"
    LEAK = "leak"
    SKIP = "skip"


LEAK_KINDS = ("name", "place", "organisation", "date", "number", "online", "age", "work", "other")


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """Where a turn is and how long; never what was said."""

    session_id: str
    turn_no: int
    n_words: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person said of one turn of the sample. `kind` is one of LEAK_KINDS where the verdict is a leak."""

    turn: StoredTurn
    verdict: Verdict
    kind: str | None = None

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.LEAK) != (self.kind is not None) or (self.kind and self.kind not in LEAK_KINDS):
            raise ValueError("a leak has one of the known kinds, and nothing else has one")


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its exact interval; `rule_of_three` is the 95 % upper limit 3/n where nothing was found."""

    found: int
    of: int
    share: float
    low: float
    high: float
    rule_of_three: float | None


@dataclass(frozen=True, slots=True)
class LeakRate:
    """The outcome of an audit. `per_session` scales `words` to a session of average length."""

    turns: Rate
    words: Rate
    per_session: tuple[float, float, float]  # expected leaks, low, high
    n_sessions: int
    n_skipped: int
    kinds: tuple[tuple[str, int], ...]


def draw(
    turns: Sequence[StoredTurn], size: int, *, seed: int, seen: Sequence[tuple[str, int]] = ()
) -> list[StoredTurn]:
    """`size` turns at random, every turn with words equally likely, none that was `seen`. The order of `turns` does not
    matter: the same seed gives the same sample."""
    looked_at = set(seen)
    left = sorted(
        (t for t in turns if t.n_words > 0 and (t.session_id, t.turn_no) not in looked_at),
        key=lambda t: (t.session_id, t.turn_no),
    )
    return random.Random(seed).sample(left, min(size, len(left)))


def leak_rate(findings: Sequence[Finding], *, words_per_session: float) -> LeakRate | None:
    """The leak rate over all turns that were judged, None where none was. A turn judged twice counts as judged last."""
    last = {(f.turn.session_id, f.turn.turn_no): f for f in findings}
    judged = [f for f in last.values() if f.verdict is not Verdict.SKIP]
    n_words = sum(f.turn.n_words for f in judged)
    if not judged or not n_words:
        return None
    leaks = [f for f in judged if f.verdict is Verdict.LEAK]
    words = rate(len(leaks), n_words)
    kinds = {kind: sum(f.kind == kind for f in leaks) for kind in LEAK_KINDS}
    return LeakRate(
        turns=rate(len(leaks), len(judged)),
        words=words,
        per_session=(words.share * words_per_session, words.low * words_per_session, words.high * words_per_session),
        n_sessions=len({f.turn.session_id for f in judged}),
        n_skipped=sum(f.verdict is Verdict.SKIP for f in last.values()),
        kinds=tuple((k, n) for k, n in kinds.items() if n),
    )


def rate(found: int, of: int) -> Rate:
    """`found` of `of`, with the exact two-sided 95 % interval.

    >>> r = rate(10, 100)
    >>> round(r.low, 4), round(r.high, 4)
    (0.049, 0.1762)
    """
    if not 0 <= found <= of or not of:
        raise ValueError(f"{found} of {of} is no share")
    low, high = clopper_pearson(found, of)
    return Rate(found, of, found / of, low, high, min(1.0, 3 / of) if found == 0 else None)


def clopper_pearson(found: int, of: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a binomial share, by bisection of the binomial distribution."""
    tail = (1 - confidence) / 2
    low = 0.0 if found == 0 else _solve(lambda p: 1 - _at_most(found - 1, of, p) >= tail)
    high = 1.0 if found == of else _solve(lambda p: _at_most(found, of, p) <= tail)
    return low, high


def _solve(reached: Callable[[float], bool]) -> float:
    """The smallest share from which on `reached` holds."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) of the binomial distribution."""
    if p <= 0 or k >= n:
        return 1.0
    if p >= 1:
        return 0.0
    whole = math.lgamma(n + 1)
    log_p, log_q = math.log(p), math.log1p(-p)
    terms = (whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q for i in range(k + 1))
    return min(1.0, math.fsum(math.exp(t) for t in terms))

"""How sure the tags are: intervals for shares, calibration of probabilities, and counts corrected for misclassification.

Prevalences are to be corrected before any hypothesis test: with 2 of 100 turns coded in truth, sensitivity .70 and
specificity .95 give 6 of 100 tagged, three times too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

Z = 1.96


@dataclass(frozen=True, slots=True)
class Bin:
    """Tags of about the same probability: their mean probability, and the share that people accepted with its limits."""

    n: int
    probability: float
    accepted: float
    low: float
    high: float


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % limits of k of n (Wilson 1927, J Am Stat Assoc 22, 209-212). Raises ValueError where n is 0."""
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n} is no share")
    p, z2 = k / n, Z * Z
    centre, half = p + z2 / (2 * n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max((centre - half) / (1 + z2 / n), 0.0), min((centre + half) / (1 + z2 / n), 1.0)


def calibration(judged: Sequence[tuple[float, bool]], *, bins: int = 5) -> list[Bin]:
    """Bins of equal size over (probability, accepted). Fewer bins where there are fewer than ten tags a bin."""
    ordered = sorted(judged)
    bins = max(min(bins, len(ordered) // 10), 1)
    edges = [round(i * len(ordered) / bins) for i in range(bins + 1)]
    found = []
    for a, b in pairwise(edges):
        part = ordered[a:b]
        if part:
            k = sum(accepted for _, accepted in part)
            found.append(Bin(len(part), sum(p for p, _ in part) / len(part), k / len(part), *wilson(k, len(part))))
    return found


def calibration_error(found: Sequence[Bin]) -> float:
    """Mean distance between probability and share accepted, weighed by bin size (expected calibration error)."""
    n = sum(b.n for b in found)
    return sum(b.n * abs(b.probability - b.accepted) for b in found) / n if n else 0.0


def corrected_share(tagged: float, *, sensitivity: float, specificity: float) -> float:
    """The share there is in truth, from the share tagged (Rogan & Gladen 1978, Am J Epidemiol 107, 71-76).

    Kept within 0 and 1. Raises ValueError where the tags are no better than chance: nothing follows from them then.
    """
    informative = sensitivity + specificity - 1
    if informative <= 0:
        raise ValueError("sensitivity and specificity add up to 1 or less: the tags say nothing")
    return min(max((tagged + specificity - 1) / informative, 0.0), 1.0)

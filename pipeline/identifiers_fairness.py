"""How often names of each origin and sex are found, as measured for this version: lexicons/identifiers/fairness.json.

The file is written by `python -m tests.bench_fairness --write` and read for the run report; nothing here measures. A test
measures a part of it again and fails where the recognisers have changed since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import LexiconProblem
from pipeline.identifiers_lists import FOLDER

WORDS = "names that are words"  # the group of Will, Joy, May …: no origin, and the hardest of all without capitals


@dataclass(frozen=True, slots=True)
class Recall:
    """What was found of one group's names in one condition. `sex` is F or M, "" for the group WORDS; `low` and `high` are
    the Wilson interval (95 %)."""

    origin: str
    sex: str
    cased: bool  # False: without capitals and punctuation, as speech recognition writes
    listed: bool  # False: the lists were made to forget these names, as they never heard of most people's
    names: int  # different names
    times: int  # how often each stood in a session
    found: int
    n: int
    low: float
    high: float

    @property
    def recall(self) -> float:
        return self.found / self.n


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference between two groups in one condition, in shares (0.01 is one point)."""

    cased: bool
    listed: bool
    by_origin: float
    by_sex: float
    lowest: str  # origin


@dataclass(frozen=True, slots=True)
class Fairness:
    """All groups in all conditions; `measured_with` are versions and settings, for the report."""

    recalls: tuple[Recall, ...]
    gaps: tuple[Gap, ...]
    measured_with: Mapping[str, str]


def gaps_of(recalls: tuple[Recall, ...]) -> tuple[Gap, ...]:
    """Gaps between origins and between the sexes, condition by condition; the group WORDS is left out."""
    out = []
    for cased, listed in ((True, True), (True, False), (False, True), (False, False)):
        here = [r for r in recalls if r.origin != WORDS and (r.cased, r.listed) == (cased, listed)]
        if not here:
            continue
        by_origin = {o: _pooled([r for r in here if r.origin == o]) for o in sorted({r.origin for r in here})}
        by_sex = [_pooled([r for r in here if r.sex == s]) for s in sorted({r.sex for r in here})]
        lowest = min(by_origin, key=by_origin.__getitem__)
        gap = max(by_origin.values()) - by_origin[lowest]
        out.append(Gap(cased, listed, gap, max(by_sex) - min(by_sex), lowest))
    return tuple(out)


def _pooled(ones: list[Recall]) -> float:
    return sum(r.found for r in ones) / sum(r.n for r in ones)


def read_fairness(folder: Path = FOLDER) -> Fairness:
    """The shipped measurement. LexiconProblem where the file is missing or broken."""
    try:
        data = json.loads((folder / "fairness.json").read_text(encoding="utf-8"))
        recalls = tuple(Recall(**row) for row in data["recalls"])
        measured_with = {str(k): str(v) for k, v in data["measured_with"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise LexiconProblem(
            "lexicons/identifiers/fairness.json cannot be read: write it again with `python -m tests.bench_fairness --write`"
        ) from None
    return Fairness(recalls, gaps_of(recalls), measured_with)

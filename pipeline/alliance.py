"""Score alliance questionnaires: item answers and a scoring key become one score per subscale.

Reversed items are turned round (min + max - answer), a subscale is the person mean of its answered items (or their sum
where the key says so), and it is missing unless at least 75 % of its items are answered. Client, therapist and observer
forms and pre- and post-session timing are scored apart and never mixed. Nothing here knows an item's words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from pipeline.alliance_keys import MeasureKey
from pipeline.errors import StudyProblem

ANSWERED_AT_LEAST = 0.75  # share of a subscale's items; below it a person mean says too little
FORMS = ("client", "therapist", "observer")
TIMINGS = ("pre", "post")
AS_GIVEN = "as_given"  # key_version of a score that came ready-made


@dataclass(frozen=True, slots=True)
class AllianceRow:
    """One row of alliance.csv: an answer to an item, or a ready-made subscale score. `value` None: not answered."""

    row_no: int
    client_id: str
    session_id: str
    measure: str
    form: str
    timing: str
    item: int | None
    subscale: str | None
    value: float | None
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One row of the table `alliance_scores`. `score` None: too few items answered. Items None: came ready-made."""

    client_id: str
    session_id: str
    measure: str
    form: str
    timing: str
    subscale: str
    score: float | None
    n_items: int | None
    n_missing: int | None
    scale_min: float | None
    scale_max: float | None
    key_verified: bool
    key_version: str


class RowProblem(NamedTuple):
    """What is wrong with a row of alliance.csv, and what to do."""

    row: int
    message: str


class _Refused(Exception):
    """One questionnaire cannot be scored; carries the RowProblem."""


# ---- rows


def parse_row(row_no: int, cells: Mapping[str, str | None]) -> AllianceRow:
    """One row of alliance.csv as csv.DictReader gives it. Raises StudyProblem naming row and column.

    A row has an item number or the name of a subscale: in a column each, or both in one called item_or_subscale.
    """

    def cell(column: str) -> str:
        return (cells.get(column) or "").strip()

    def wrong(column: str, what: str) -> StudyProblem:
        return StudyProblem(f"alliance.csv row {row_no}, column {column}: {what}")

    def number(column: str) -> float | None:
        if not cell(column):
            return None
        try:
            value = float(cell(column).replace(",", "."))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise wrong(column, "is no number; leave it empty if there was no answer")
        return value

    for column in ("client_id", "session_id", "measure"):
        if not cell(column):
            raise wrong(column, "is empty")
    form, timing = cell("form").lower(), cell("timing").lower()
    if form not in FORMS:
        raise wrong("form", f"has to be one of {', '.join(FORMS)}")
    if timing not in TIMINGS:
        raise wrong("timing", f"has to be one of {', '.join(TIMINGS)}")
    either = cell("item_or_subscale")
    item = cell("item") or (either if either.isdecimal() else "")
    subscale = cell("subscale") or (either if not either.isdecimal() else "")
    if bool(item) == bool(subscale):
        raise wrong("item", "give an item number or a subscale, one of the two")
    if item and not (item.isdecimal() and int(item) >= 1):
        raise wrong("item", "has to be a whole number from 1; a ready-made score goes into the column subscale")
    low, high = number("min"), number("max")
    if (low is None) != (high is None) or (low is not None and high is not None and low >= high):
        raise wrong("min", "give both min and max, min below max, or neither")
    return AllianceRow(
        row_no, cell("client_id"), cell("session_id"), cell("measure"), form, timing, int(item) if item else None,
        subscale or None, number("value"), low, high,
    )  # fmt: skip


# ---- scores


def unverified_keys(scores: Iterable[Score]) -> list[str]:
    """One sentence for each key that made scores and was never checked against its published source, sorted.

    Ready-made scores are not meant: no key of ours made them.
    """
    used = {(s.measure, s.key_version) for s in scores if not s.key_verified and s.key_version != AS_GIVEN}
    return [
        f"{measure} was scored with the key {version}, which was not checked against its published source; compare it"
        f" with your licensed form, then put it into study.toml with key_verified = true"
        for measure, version in sorted(used)
    ]


def score_alliance(rows: Iterable[AllianceRow], keys: Mapping[str, MeasureKey]) -> tuple[list[Score], list[RowProblem]]:
    """Scores of every questionnaire, sorted, and the rows that stand in the way of one.

    A questionnaire (client, session, measure, form, timing) with a row that cannot be right gets no score at all: an
    answer of 6 on a form said to go to 5 makes the range doubtful, not only that answer.
    """
    by_name = {name.casefold(): key for name, key in keys.items()}
    scores: list[Score] = []
    problems: list[RowProblem] = []

    def questionnaire(r: AllianceRow) -> tuple[str, ...]:
        key = by_name.get(r.measure.casefold())
        return (r.client_id, r.session_id, key.name if key else r.measure, r.form, r.timing)

    for identity, group in groupby(sorted(rows, key=lambda r: (questionnaire(r), r.row_no)), key=questionnaire):
        try:
            scores += _score_one(identity, list(group), by_name.get(identity[2].casefold()))
        except _Refused as refused:
            problems.append(refused.args[0])
    scores.sort(key=lambda s: (s.client_id, s.session_id, s.measure, s.form, s.timing, s.subscale))
    return scores, sorted(problems)


def _score_one(identity: tuple[str, ...], rows: list[AllianceRow], key: MeasureKey | None) -> list[Score]:
    answers = [r for r in rows if r.item is not None]
    scores = [_ready_made(identity, r) for r in rows if r.item is None]
    if answers:
        scores += _from_items(identity, answers, key)
    seen: set[str] = set()
    for score in scores:
        if score.subscale in seen:
            raise _Refused(
                RowProblem(rows[-1].row_no, f"subscale {score.subscale} comes twice for this session; keep one")
            )
        seen.add(score.subscale)
    return scores


def _ready_made(identity: tuple[str, ...], r: AllianceRow) -> Score:
    _refuse_outside(r, r.min, r.max)
    client_id, session_id, measure, form, timing = identity
    return Score(
        client_id,
        session_id,
        measure,
        form,
        timing,
        r.subscale or "",
        r.value,
        None,
        None,
        r.min,
        r.max,
        False,
        AS_GIVEN,
    )


def _from_items(identity: tuple[str, ...], rows: list[AllianceRow], key: MeasureKey | None) -> list[Score]:
    if key is None:
        advice = "add [measures.NAME] with its subscales to study.toml, or give ready-made subscale scores"
        raise _Refused(RowProblem(rows[0].row_no, f"no scoring key for measure {identity[2]}: {advice}"))
    low, high = _range(rows, key)
    answered: dict[int, float] = {}
    seen: set[int] = set()
    for r in rows:
        assert r.item is not None
        if r.item not in key.items:
            raise _Refused(RowProblem(r.row_no, f"{key.name} has no item {r.item}"))
        if r.item in seen:
            raise _Refused(RowProblem(r.row_no, f"item {r.item} comes twice for this form and timing; keep one"))
        seen.add(r.item)
        _refuse_outside(r, low, high)
        if r.value is not None:
            answered[r.item] = low + high - r.value if r.item in key.reversed else r.value
    client_id, session_id, measure, form, timing = identity
    return [
        Score(client_id, session_id, measure, form, timing, subscale, _summary(items, answered, key.summary),
              len(items), len(items) - sum(i in answered for i in items), low, high, key.key_verified, key.version)
        for subscale, items in key.subscales.items()
    ]  # fmt: skip


def _range(rows: list[AllianceRow], key: MeasureKey) -> tuple[float, float]:
    """The range of this administration: what its rows say, else what the key says."""
    said: tuple[float, float] | None = None
    for r in rows:
        if r.min is None or r.max is None:
            continue
        if said and said != (r.min, r.max):
            raise _Refused(
                RowProblem(r.row_no, "min and max differ from the other items of this session; use one range")
            )
        said = (r.min, r.max)
    if said:
        return said
    if key.min is None or key.max is None:
        raise _Refused(RowProblem(rows[0].row_no, f"{key.name} is used with more than one range: fill in min and max"))
    return float(key.min), float(key.max)


def _refuse_outside(r: AllianceRow, low: float | None, high: float | None) -> None:
    if r.value is not None and low is not None and high is not None and not low <= r.value <= high:
        raise _Refused(
            RowProblem(r.row_no, f"value {r.value:g} is outside {low:g} to {high:g}; check value, min and max")
        )


def _summary(items: tuple[int, ...], answered: Mapping[int, float], summary: str) -> float | None:
    values = [answered[i] for i in items if i in answered]
    if len(values) < ANSWERED_AT_LEAST * len(items):
        return None
    mean = math.fsum(values) / len(values)
    return mean * len(items) if summary == "sum" else mean

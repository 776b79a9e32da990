"""Dates moved by a client's offset and written as they were: "the ninth of June" becomes "the twenty-third of June".

The offset is in whole weeks, so weekdays stay true, and the same for all of a client's dates, so intervals hold. What
cannot be moved without guessing (a day without its month, 3/4/2021, a slash date that reads both ways) is not moved:
None, and the caller keeps the placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from pipeline.identifiers import Token, tokens_of
from pipeline.identifiers_dates import MONTHS
from pipeline.identifiers_number_words import (
    CARDINALS,
    ORDINAL_UNITS,
    ORDINALS,
    TENS,
    UNITS,
    cardinal_at,
    ordinal_at,
)

_NAMES = "January February March April May June July August September October November December".split()  # noqa: SIM905
_YEARLESS = 2023  # no leap year: a date said without its year moves within an ordinary one
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_ORDINAL_WORDS = {n: w for w, n in ORDINALS.items()}
_CARDINAL_WORDS = {n: w for w, n in CARDINALS.items()}
_TEN_WORDS = {n: w for w, n in TENS.items()}


def shifted(text: str, days: int) -> str | None:
    """A date as it was written or said, moved by `days`; None where it cannot be moved with certainty."""
    written = _written(text.strip(), days)
    if written or re.fullmatch(r"[\d/.\-]+", text.strip()):
        return written
    turn = tokens_of(text)
    month = next((k for k, t in enumerate(turn) if t.whole.removesuffix("'s") in MONTHS), None)
    if month is None:
        return _of_the(text, turn, days)
    day = _day(turn, month)
    year = next((int(t.whole) for t in turn if re.fullmatch(r"(?:19|20)\d\d", t.whole)), None)
    spoken_year = year is None and any(
        k not in range(month, month + 1) and (day is None or not day[1] <= k <= day[2]) and _counts(t)
        for k, t in enumerate(turn)
    )
    if spoken_year:
        return None
    moved = _move(year, MONTHS[turn[month].whole.removesuffix("'s")], day[0] if day else 15, days)
    if moved is None:
        return None
    edits = [(turn[month].start, turn[month].end, _month_like(text[turn[month].start : turn[month].end], moved.month))]
    if day:
        start, end = turn[day[1]].start, turn[day[2]].end
        edits.append((start, end, _number_like(text[start:end], moved.day)))
    if year is not None:
        token = next(t for t in turn if t.whole == str(year))
        edits.append((token.start, token.end, str(moved.year)))
    return _edited(text, edits)


def _written(text: str, days: int) -> str | None:
    """2025-04-12, 24/12/2025; None where day and month could be either."""
    if m := _ISO.fullmatch(text):
        moved = _move(int(m[1]), int(m[3]), int(m[4]), days)
        return f"{moved.year}{m[2]}{moved.month:0{len(m[3])}}{m[2]}{moved.day:0{len(m[4])}}" if moved else None
    if m := _SHORT.fullmatch(text):
        a, b, year = int(m[1]), int(m[3]), int(m[4]) + (0 if len(m[4]) == 4 else 2000)
        if (a > 12) == (b > 12):
            return None
        moved = _move(year, min(a, b) if a > 12 else a, a if a > 12 else b, days)
        if moved is None:
            return None
        first, second = (moved.day, moved.month) if a > 12 else (moved.month, moved.day)
        return f"{first:0{len(m[1])}}{m[2]}{second:0{len(m[3])}}{m[2]}{str(moved.year)[-len(m[4]) :]}"
    return None


def _of_the(text: str, turn: Sequence[Token], days: int) -> str | None:
    """ "twelfth of the fourth": a day and the number of its month."""
    found = []
    k = 0
    while k < len(turn):
        number = ordinal_at(turn, k)
        if number:
            found.append((number[0], k, number[1]))
            k = number[1]
        k += 1
    if len(found) != 2 or "of" not in [t.whole for t in turn] or any(_counts(t) for t in turn[found[1][2] + 1 :]):
        return None
    (day, a, b), (month, c, d) = found
    moved = _move(None, month, day, days)
    if moved is None:
        return None
    return _edited(
        text,
        [
            (turn[a].start, turn[b].end, _number_like(text[turn[a].start : turn[b].end], moved.day)),
            (turn[c].start, turn[d].end, _number_like(text[turn[c].start : turn[d].end], moved.month)),
        ],
    )


def _day(turn: Sequence[Token], month: int) -> tuple[int, int, int] | None:
    """The day beside a month: (day, first token, last token)."""
    for k in [*range(month + 1, min(month + 3, len(turn))), *range(max(0, month - 4), month)]:
        for read in (ordinal_at, cardinal_at):
            number = read(turn, k)
            if number and not (k < month <= number[1]):
                return number[0], k, number[1]
    return None


def _counts(token: Token) -> bool:
    """Part of a year that was said in words."""
    return token.whole in UNITS or token.whole in TENS or token.whole in CARDINALS or token.whole in ("thousand", "oh")


def _move(year: int | None, month: int, day: int, days: int) -> date | None:
    try:
        return date(year or (2024 if (month, day) == (2, 29) else _YEARLESS), month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def _month_like(old: str, month: int) -> str:
    name = _NAMES[month - 1]
    name = name[:3] if len(old) == 3 and old.casefold() != "may" else name
    return name if old[0].isupper() else name.casefold()


def _number_like(old: str, n: int) -> str:
    """A day in the form of another: 9th, 9, ninth, twenty-first, nine."""
    if old[0].isdigit():
        ending = "" if old.isdigit() else {1: "st", 2: "nd", 3: "rd"}.get(n % 10 if n // 10 != 1 else 0, "th")
        return f"{n}{ending}"
    plain = re.sub(r"\W+", " ", old.casefold()).split()
    ordinal = plain[-1] in ORDINALS or plain[-1] in ORDINAL_UNITS
    words, units = (_ORDINAL_WORDS, {v: k for k, v in ORDINAL_UNITS.items()}) if ordinal else (_CARDINAL_WORDS, {})
    joint = "-" if "-" in old or " " not in old else " "
    made = words.get(n)
    if made is None:
        unit = units.get(n % 10) if ordinal else next(w for w, v in UNITS.items() if v == n % 10)
        made = f"{_TEN_WORDS[n // 10 * 10]}{joint}{unit}"
    return made.capitalize() if old[0].isupper() else made


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text

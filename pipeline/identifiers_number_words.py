"""Numbers as people say them: digits, days of the month, years."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.identifiers import Token

_LOW = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_FIRST = "first second third fourth fifth sixth seventh eighth ninth"
_TENTH = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"

UNITS = {w: n for n, w in enumerate(_LOW.split(), 1)}
TENS = {w: 10 * n for n, w in enumerate(_ROUND.split(), 2)}
CARDINALS = UNITS | {w: n for n, w in enumerate(_TEENS.split(), 10)} | {"twenty": 20, "thirty": 30}
ORDINAL_UNITS = {w: n for n, w in enumerate(_FIRST.split(), 1)}
ORDINALS = ORDINAL_UNITS | {w: n for n, w in enumerate(_TENTH.split(), 10)} | {"thirtieth": 30}
ZEROS = frozenset(["oh", "o", "zero", "nought", "naught", "nil"])
DIGITS = {w: str(n) for w, n in UNITS.items()} | dict.fromkeys(ZEROS, "0")
NUMBERS = {w: str(n) for w, n in (CARDINALS | TENS).items() if n >= 10}  # ten and above

_NTH = re.compile(r"([1-9]|[12]\d|3[01])(?:st|nd|rd|th)$")
_YEAR = re.compile(r"(?:19|20)\d\d$")


def word_at(turn: Sequence[Token], i: int) -> str:
    """The word at i, "" outside the turn."""
    return turn[i].whole if 0 <= i < len(turn) else ""


def ordinal_at(turn: Sequence[Token], i: int) -> tuple[int, int] | None:
    """An ordinal 1st … 31st at i: (day, index of its last token)."""
    word = word_at(turn, i)
    if match := _NTH.match(word):
        return int(match.group(1)), i
    if word in ORDINALS:
        return ORDINALS[word], i
    unit = ORDINAL_UNITS.get(word_at(turn, i + 1).removesuffix("'s"), 99)
    day = TENS.get(word, 99) + unit
    return (day, i + 1) if day <= 31 else None


def cardinal_at(turn: Sequence[Token], i: int) -> tuple[int, int] | None:
    """A number 1 … 31 at i: (day, index of its last token)."""
    word = word_at(turn, i)
    if word.isdigit() and 1 <= int(word) <= 31:
        return int(word), i
    if word in ("twenty", "thirty") and word_at(turn, i + 1) in UNITS:
        day = TENS[word] + UNITS[word_at(turn, i + 1)]
        return (day, i + 1) if day <= 31 else None
    return (CARDINALS[word], i) if word in CARDINALS else None


def after_year(turn: Sequence[Token], i: int) -> int:
    """Index after a year that begins at i, written or said ("nineteen ninety three", "eighty six"); i where none
    does."""
    word, second = word_at(turn, i), word_at(turn, i + 1)
    if _YEAR.match(word):
        return i + 1
    if word in ("nineteen", "twenty") and (second in TENS or second in CARDINALS):
        return i + 3 if second in TENS and word_at(turn, i + 2) in UNITS else i + 2
    if word in TENS and second in UNITS and not turn[i].pause:
        return i + 2
    if word == "two" and second == "thousand":
        j = i + 2 + (word_at(turn, i + 2) == "and")
        return j + 1 if word_at(turn, j) in CARDINALS else i + 2
    return i

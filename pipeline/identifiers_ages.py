"""Ages over 89, which Safe Harbor counts as identifying. Younger ages stay."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_number_words import CARDINALS, TENS, UNITS, word_at

_NOT_BEFORE = frozenset(["nineteen", "eighteen", "point", "hundred", "and"])


def find_ages(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Ages of 90 or more: "she's ninety-two", "aged 94", "a hundred and one years old"."""
    return [
        [
            Identifier(turn[a].start, turn[b].end, Kind.AGE, "age")
            for a, b in old_ages(turn, lists)
            if not text.startswith(("%", " %"), turn[b].stop)
        ]
        for text, turn in zip(reading.texts, reading.tokens, strict=True)
    ]


def old_ages(turn: Sequence[Token], lists: Lists) -> list[tuple[int, int]]:
    """First and last token of each age of 90 or more in a turn."""
    out = []
    for i, token in enumerate(turn):
        if token.fold in ("nineties", "centenarian"):
            out.append((i, i))
            continue
        number = _ninety_or_more(turn, i, lists)
        if number is None:
            continue
        last, certain, before = number
        after = word_at(turn, last + 1)
        years = after in ("year", "years", "yr", "yrs")
        counted = lists.has("numbers.not_an_age", after) and not years
        goes_on = after in CARDINALS and not turn[last + 1].opens
        pressure = before in ("over", "at") and _is_number(turn, i - 2)  # "one forty over ninety"
        if counted or goes_on or pressure or (token.fold == "ninety" and before in _NOT_BEFORE):
            continue
        if certain or years or after == "odd" or lists.has("dates.before_age", before):
            out.append((i - (token.fold == "hundred"), last))
    return out


def _ninety_or_more(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, bool, str] | None:
    """A number from 90 at i: its last token, whether it can hardly be anything but an age, the word before it."""
    token, before = turn[i], word_at(turn, i - 1)
    if token.fold == "ninety":
        unit = i + 1 < len(turn) and turn[i + 1].fold in UNITS and not turn[i + 1].pause
        return (i + 1, True, before) if unit else (i, False, before)
    if token.whole.isdigit() and 90 <= int(token.whole) <= 119:
        return i, False, before
    if (
        token.fold == "hundred"
        and before in ("a", "one")
        and word_at(turn, i + 1) == "and"
        and word_at(turn, i + 2) in CARDINALS
    ):
        ends = i + 3 >= len(turn) or turn[i + 3].pause or lists.has("names.function", turn[i + 3].whole)
        return i + 2, ends, word_at(turn, i - 2)
    return None


def _is_number(turn: Sequence[Token], i: int) -> bool:
    return i >= 0 and (turn[i].number or turn[i].fold in CARDINALS or turn[i].fold in TENS)

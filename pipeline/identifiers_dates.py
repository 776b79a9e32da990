"""Calendar dates. Weekdays, "last week" and years alone stay: Safe Harbor allows them, and the work needs them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_number_words import after_year, cardinal_at, ordinal_at, word_at

_NAMES = "january february march april may june july august september october november december"
MONTHS = {m: n for n, m in enumerate(_NAMES.split(), 1)}
MONTHS |= {m[:3]: n for m, n in MONTHS.items() if m != "may"} | {"sept": 9}
_DOUBTFUL = frozenset(["march", "may", "mar", "jun", "jan", "dec", "sep", "oct"])  # also something else, or short
_SUBJECTS = frozenset(["you", "we", "i", "they", "he", "she", "it"])
_WRITTEN = re.compile(
    r"(?<![\d/.-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2}))(?:T[\d:]+Z?)?(?![\d/-])"
)


def find_dates(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Dates of a day or a month, spoken or written."""
    out = []
    for text, turn, cased in zip(reading.texts, reading.tokens, reading.cased, strict=True):
        found = [Identifier(*m.span(), Kind.DATE, "written_date") for m in _WRITTEN.finditer(text)]
        i = 0
        while i < len(turn):
            last = date_at(turn, i, cased, lists)
            if last is not None:
                end = turn[last].stop if turn[last].number else turn[last].end
                found.append(Identifier(turn[i].start, end, Kind.DATE, "date"))
            i = i + 1 if last is None else last + 1
        out.append(found)
    return out


def date_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> int | None:
    """The index of the last token of a date that begins at i, or None."""
    day = ordinal_at(turn, i)
    if number := day or cardinal_at(turn, i):
        last = _day_of_month(turn, number[1], ordinal=day is not None)
        if last is not None:
            return last
    if day:
        return day[1] if _is_day_alone(turn, i, *day, lists) else None
    return _month_at(turn, i, cased, lists) if turn[i].whole in MONTHS else None


def _day_of_month(turn: Sequence[Token], last: int, *, ordinal: bool) -> int | None:
    """ "fourteenth (day) of November", "14 November", "twelfth of the fourth": a day that ends at `last` and its
    month."""
    j = last + 1 + (word_at(turn, last + 1) == "day")
    joined = word_at(turn, j) == "of"
    j += joined
    month = word_at(turn, j)
    if month in MONTHS:
        doubtful = month in _DOUBTFUL
        verb = doubtful and not joined and word_at(turn, j + 1) in ("be", "have", "not", "as")
        if not verb and (ordinal or not (doubtful or turn[j].opens or joined)):
            return after_year(turn, j + 1) - 1
    if not (joined and ordinal):
        return None
    if month == "the" and (number := ordinal_at(turn, j + 1)) and number[0] <= 12:
        return after_year(turn, number[1] + 1) - 1
    return last if month in ("this", "last", "next") and word_at(turn, j + 1) == "month" else None


def _month_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> int | None:
    """A month at i, with the day and year that follow it; "may" and "march" only where they are no verbs."""
    token, before = turn[i], word_at(turn, i - 1)
    day = ordinal_at(turn, i + 1 + (word_at(turn, i + 1) == "the"))
    if token.whole in _DOUBTFUL and not _is_month(turn, i, cased, lists) and not (day and before not in _SUBJECTS):
        return None
    if day and (before not in _SUBJECTS or cased):
        return after_year(turn, day[1] + 1) - 1
    number = cardinal_at(turn, i + 1)
    written = (cased and token.capital) or token.whole not in _DOUBTFUL
    if number and written and not turn[i + 1].opens and after_year(turn, i + 1) == i + 1:
        after = number[1] + 1
        ends = after >= len(turn) or turn[after].opens or lists.has("dates.after_day", turn[after].fold)
        if ends or after_year(turn, after) > after:
            return after_year(turn, after) - 1
    return after_year(turn, i + 1) - 1


def _is_month(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> bool:
    """Is "may" or "march" a month here?"""
    token, before = turn[i], word_at(turn, i - 1)
    ends = i + 1 >= len(turn) or turn[i + 1].opens
    verb = not ends and lists.has("dates.verb_after", turn[i + 1].fold)
    if lists.has("dates.before_month", before) and not verb:
        return True
    if cased and token.capital and not token.opens:
        return True
    return ends and (token.opens or before in ("it", "its"))


def _is_day_alone(turn: Sequence[Token], i: int, day: int, last: int, lists: Lists) -> bool:
    """ "since the first", "on the nineteenth", "Friday the sixteenth": an ordinal with no noun behind it."""
    if i == 0:
        return False
    before = turn[i - 1].fold
    two = turn[i - 2].fold if i > 1 and not turn[i - 1].opens else ""
    if lists.has("dates.weekdays", before) or (before == "the" and lists.has("dates.weekdays", two)):
        return True
    if before != "the" or turn[i].opens:
        return False
    after = "" if last + 1 >= len(turn) or turn[last + 1].pause else turn[last + 1].fold
    free = not after or lists.has("dates.after_day", after)
    person = bool(after) and (lists.has("dates.person", after) or not lists.level(after))
    if day > 3 or last > i:
        return free or (person and lists.has("dates.before_day", two))
    if two == "on":
        return free and bool(after) and after not in ("and", "i", "it")
    dated = two in ("since", "by", "until", "till", "til", "from", "before", "after")
    return dated and ((free and after not in ("and", "or", "to")) or person)

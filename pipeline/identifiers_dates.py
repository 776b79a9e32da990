"""Calendar dates and ages over 89. Weekdays, "last week", years alone and ages up to 89 stay: Safe Harbor allows them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists

MONTHS = {m: i for i, m in enumerate("january february march april may june july august september october november december".split(), 1)}
MONTHS |= {m[:3]: i for m, i in MONTHS.items() if m != "may"} | {"sept": 9}
_VERBS = frozenset(("march", "may", "mar", "jun", "jan", "dec", "sep", "oct"))  # months that are also something else, or short
_UNITS = "first second third fourth fifth sixth seventh eighth ninth".split()
_ORDINAL = {w: i for i, w in enumerate(_UNITS, 1)}
_ORDINAL |= {w: i for i, w in enumerate("tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(), 10)}
_ORDINAL |= {"thirtieth": 30}
_CARDINAL = {w: i for i, w in enumerate("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(), 1)} | {"thirty": 30}
_TENS = frozenset("twenty thirty forty fifty sixty seventy eighty ninety".split())
_NTH = re.compile(r"([1-9]|[12]\d|3[01])(?:st|nd|rd|th)$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_WRITTEN = re.compile(
    r"(?<![\d/.-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2}))(?:T[\d:]+Z?)?(?![\d/-])"
)
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun".split())
_BEFORE_MONTH = frozenset("it's its in since last next of until till by early late mid from every during before after around through this".split())
_BEFORE_DAY = frozenset("since on by until till from before after til the".split())
_AFTER_DAY = frozenset(
    """i i'm im you he she we they it its it's at in on when and but so because cause if then still is isn't isnt was works work worked for with to
    please right okay ok yeah yes no do does did would could should will i'll id i'd ive we'll hes shes theyre were or that this next last my our just again
    instead after before until till through unless while where who which i've there same good fine not one's should've wasnt wasn't""".split()
)
_AGE_BEFORE = frozenset("is was be turned turns turning aged age at nearly almost about hes shes he's she's im i'm were who's whos only over past".split())


def find_dates(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Dates of a day or a month, spoken or written, and ages over 89."""
    out = []
    for text, turn, cased in zip(reading.texts, reading.tokens, reading.cased, strict=True):
        found = [Identifier(*m.span(), Kind.DATE, "written_date") for m in _WRITTEN.finditer(text)]
        i = 0
        while i < len(turn):
            end = _date_at(turn, i, cased, lists)
            if end is not None:
                found.append(Identifier(turn[i].start, turn[end].stop if turn[end].number else turn[end].end, Kind.DATE, "date"))
                i = end + 1
            else:
                i += 1
        found += [Identifier(turn[a].start, turn[b].end, Kind.AGE, "age") for a, b in old_ages(turn, lists) if not text.startswith(("%", " %"), turn[b].stop)]
        out.append(found)
    return out


def _day(turn: Sequence[Token], i: int) -> tuple[int, int] | None:
    """An ordinal 1st … 31st at i: (day, index of its last token)."""
    word = turn[i].whole
    if match := _NTH.match(word):
        return int(match.group(1)), i
    if word in _ORDINAL:
        return _ORDINAL[word], i
    if word in ("twenty", "thirty") and i + 1 < len(turn) and turn[i + 1].fold in _UNITS:
        day = _CARDINAL[word] + _ORDINAL[turn[i + 1].fold]
        return (day, i + 1) if day <= 31 else None
    return None


def _number(turn: Sequence[Token], i: int) -> tuple[int, int] | None:
    """A cardinal 1 … 31 at i: (day, index of its last token)."""
    word = turn[i].whole
    if word.isdigit() and 1 <= int(word) <= 31:
        return int(word), i
    if word in _CARDINAL:
        if word in ("twenty", "thirty") and i + 1 < len(turn) and 0 < _CARDINAL.get(turn[i + 1].fold, 0) < 10:
            return (_CARDINAL[word] + _CARDINAL[turn[i + 1].fold], i + 1) if word == "twenty" or turn[i + 1].fold == "one" else None
        return _CARDINAL[word], i
    return None


def _year(turn: Sequence[Token], i: int) -> int:
    """Index after a year that follows at i, written or spoken; i itself where none does."""
    if i < len(turn) and _YEAR.match(turn[i].whole):
        return i + 1
    if i + 1 < len(turn) and turn[i].fold in ("nineteen", "twenty") and (turn[i + 1].fold in _TENS or turn[i + 1].fold in _CARDINAL):
        return i + 3 if i + 2 < len(turn) and turn[i + 1].fold in _TENS and 0 < _CARDINAL.get(turn[i + 2].fold, 0) < 10 else i + 2
    if i + 1 < len(turn) and turn[i].fold == "two" and turn[i + 1].fold == "thousand":
        j = i + 2 + (i + 2 < len(turn) and turn[i + 2].fold == "and")
        return j + 1 if j < len(turn) and turn[j].fold in _CARDINAL else i + 2
    return i


def _date_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> int | None:
    """The index of the last token of a date that begins at i, or None."""
    token = turn[i]
    day = _day(turn, i)
    if day or (_number(turn, i)):
        _, last = day or _number(turn, i)  # type: ignore[misc]
        j = last + 1
        if j < len(turn) and turn[j].fold == "day":
            j += 1
        if j < len(turn) and turn[j].fold == "of":
            j += 1
        joined = j > last + 1
        if j < len(turn) and turn[j].whole in MONTHS and (day or (turn[j].whole not in _VERBS and not turn[j].opens and not joined)):
            if not (turn[j].whole in _VERBS and not joined and j + 1 < len(turn) and turn[j + 1].fold in ("be", "have", "not", "as")):
                return _year(turn, j + 1) - 1
        month = _day(turn, j + 1) if joined and day and j + 1 < len(turn) and turn[j].fold == "the" else None
        if month and month[0] <= 12:
            return _year(turn, month[1] + 1) - 1
        if joined and j < len(turn) and turn[j].fold in ("this", "last", "next") and day and j + 1 < len(turn) and turn[j + 1].fold == "month":
            return last
    if day:
        return day[1] if _is_day_alone(turn, i, *day, lists) else None
    if token.whole in MONTHS and not token.number:
        return _month_at(turn, i, cased)
    return None


def _month_at(turn: Sequence[Token], i: int, cased: bool) -> int | None:
    token = turn[i]
    before = turn[i - 1].whole if i else ""
    j = i + 1 + (i + 1 < len(turn) and turn[i + 1].fold == "the")
    day = _day(turn, j) if j < len(turn) else None
    number = _number(turn, i + 1) if i + 1 < len(turn) and not day and not turn[i + 1].opens else None
    if token.fold in _VERBS or token.whole in _VERBS:
        named = before in _BEFORE_MONTH and not (before in ("this", "last", "next", "of", "through") and not cased and _is_verb(turn, i))
        sure = named and not _is_verb(turn, i) or (cased and token.capital and not token.opens)
        alone = (i + 1 == len(turn) or turn[i + 1].opens) and (token.opens or before in ("it", "its"))
        if not sure and not alone and not (day and before not in ("you", "we", "i", "they", "he", "she", "it")):
            return None
    if day and (before not in ("you", "we", "i", "they") or cased):
        return _year(turn, day[1] + 1) - 1
    if number and number[0] <= 31 and _year(turn, i + 1) == i + 1 and (cased and token.capital or token.fold not in _VERBS):
        after = number[1] + 1
        if after >= len(turn) or turn[after].opens or turn[after].fold in _AFTER_DAY or _year(turn, after) > after:
            return _year(turn, after) - 1
    return _year(turn, i + 1) - 1


def _is_verb(turn: Sequence[Token], i: int) -> bool:
    after = turn[i + 1].fold if i + 1 < len(turn) and not turn[i + 1].opens else ""
    return after in ("be", "have", "not", "well", "as", "never", "go", "get", "take", "need", "want", "feel", "also", "just", "even", "still", "up", "out", "down", "in", "into", "past")


def _is_day_alone(turn: Sequence[Token], i: int, day: int, last: int, lists: Lists) -> bool:
    """ "since the first", "on the nineteenth", "Friday the sixteenth": an ordinal with no noun behind it."""
    if i == 0:
        return False
    before = turn[i - 1].fold
    two = turn[i - 2].fold if i > 1 and not turn[i - 1].opens else ""
    after = turn[last + 1] if last + 1 < len(turn) else None
    ends = after is None or after.pause
    if two in _WEEKDAYS and before == "the" or before in _WEEKDAYS:
        return True
    if before != "the" or turn[i].opens:
        return False
    free = ends or (after is not None and after.fold in _AFTER_DAY)
    if day <= 3 and last == i:
        named = after is not None and not ends and after.fold not in _AFTER_DAY and _is_person(after.fold, lists)
        dated = two in ("since", "by", "until", "till", "til", "from", "before", "after")
        return dated and (free and not (after and after.fold in ("and", "or", "to")) or named) or (two == "on" and free and bool(after) and after.fold not in ("and", "i", "it"))  # type: ignore[union-attr]
    if free:
        return True
    return two in _BEFORE_DAY and after is not None and _is_person(after.fold, lists)


def _is_person(word: str, lists: Lists) -> bool:
    return word in _PERSONAL or lists.level(word) == 0


_PERSONAL = frozenset("mark will bill rose joy pat rich grace hope sue dawn everybody everyone nobody somebody mum mom dad".split())


def old_ages(turn: Sequence[Token], lists: Lists) -> list[tuple[int, int]]:
    """First and last token of each age of 90 or more: "she's ninety-two", "aged 94", "a hundred and one years old"."""
    units = lists.cues["numbers.not_an_age"]
    out = []
    for i, token in enumerate(turn):
        before = turn[i - 1].fold if i else ""
        whole_before = turn[i - 1].whole if i else ""
        last = i
        certain = False
        if token.fold == "ninety":
            if i + 1 < len(turn) and _CARDINAL.get(turn[i + 1].fold, 99) < 10 and not turn[i + 1].opens:
                last, certain = i + 1, True
        elif token.whole.isdigit() and 90 <= int(token.whole) <= 119:
            pass
        elif token.fold == "hundred" and before in ("a", "one") and i + 2 < len(turn) and turn[i + 1].fold == "and" and turn[i + 2].fold in _CARDINAL:
            last = i + 2
            whole_before = turn[i - 2].whole if i > 1 else ""
        elif token.fold in ("nineties", "centenarian"):
            out.append((i, i))
            continue
        else:
            continue
        after = turn[last + 1].fold if last + 1 < len(turn) else ""
        years = after in ("year", "years", "yr", "yrs") and (last + 2 >= len(turn) or turn[last + 2].fold in ("old", "of") or "year" == after)
        if before in ("nineteen", "eighteen", "point", "hundred", "and") and token.fold == "ninety" or (after in units and not years) or (after in _CARDINAL and not turn[last + 1].opens):
            continue
        if whole_before in ("over", "at") and i > 1 and (turn[i - 2].number or turn[i - 2].fold in _CARDINAL or turn[i - 2].fold in _TENS):
            continue
        if certain or years or after == "odd" or whole_before in _AGE_BEFORE or before in _AGE_BEFORE:
            out.append((i, last))
    return out

"""Numbers and codes that belong to somebody, written or said aloud: phones, records, policies, plates, cards, devices.

A run is what people say in one breath: "oh seven seven, nine double two, no sorry, one". What the words nearby call it
decides its kind; without such words three digits in a row are already a code, as nobody counts like that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_number_words import DIGITS, NUMBERS

_TIMES = {"double": 2, "triple": 3, "treble": 3}
_FILLER = frozenset(
    ["no", "sorry", "er", "erm", "um", "uh", "dash", "hyphen", "space", "then", "slash", "stroke", "wait"]
)
_KINDS = [
    (Kind.FAX, "fax"), (Kind.SSN, "ssn"), (Kind.HEALTH_PLAN, "health_plan"),
    (Kind.VEHICLE, "vehicle"), (Kind.DEVICE, "device"),
    (Kind.BIOMETRIC, "biometric"), (Kind.LICENCE, "licence"), (Kind.ACCOUNT, "account"), (Kind.RECORD, "record"),
    (Kind.PHONE, "phone"), (Kind.ID, "other"),
]  # fmt: skip
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d\s().\-–/]{5,}\d(?![\w/])(?:\s?(?:x|ext\.?)\s?\d+)?", re.IGNORECASE)
_SSN = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)|\b[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b")
_CODE = re.compile(
    r"(?<![\w@.])(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z])[A-Za-z0-9]+(?:[/-][A-Za-z0-9]+)*(?:\s\d{2,})*(?![\w@])"
)
_POSTCODE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-CEGHJ-NPR-TVXY]\d[A-Z]\s?\d[A-Z]\d\b|\b(?-i:[A-Z]{2}),?\s\d{5}(?:-\d{4})?\b",
    re.IGNORECASE,
)
_PLATE = re.compile(r"\b[A-Z]{2}\d{2}\s?[A-Z]{3}\b|\b[A-Z]\d{1,3}\s?[A-Z]{3}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_LONG = re.compile(r"(?<![\w.,£$€])\d(?:[ -]?\d){4,}(?![\w%]|[.,]\d)")
_MONEY_OR_TIME = re.compile(
    r"^(?:\d{1,2}:\d{2}|\d+(?:st|nd|rd|th|s|k|m|g|kg|mg|ml|mcg|cm|mm|km|am|pm|hrs?|mins?|min|lb|lbs|oz|ft|p|x|mph|kph|cc|d|th|%|yo|y|gb|mb|in|st)|(?:19|20)\d\ds?|[A-Za-z]+-?\d|\d[A-Za-z]|\d-[A-Za-z]+|[A-Za-z]+-\d{1,2}|[A-Za-z]\d{1,2})$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Run:
    """Digits said in one breath: tokens first..last, digits as text."""

    first: int
    last: int
    digits: str = field(repr=False)
    letters: int = 0
    words: int = 0  # how many number words or numerals carried it
    big: int = 0  # of these, ten or above
    numerals: int = 0  # of these, written in digits


def find_numbers(reading: Reading, lists: Lists, known: Sequence[tuple[str, Kind]] = ()) -> list[list[Identifier]]:
    """Numbers and codes; `known` are digits from the roster. Two passes: a piece of a number found once is found
    again."""
    public = lists.cues["numbers.public"]
    runs = [list(spoken_runs(turn)) for turn in reading.tokens]
    long = {r.digits for turn in runs for r in turn if len(r.digits) >= 6} | {d for d, _ in known}
    out: list[list[Identifier]] = []
    for text, turn, spoken in zip(reading.texts, reading.tokens, runs, strict=True):
        found = [Identifier(*m.span(), Kind.SSN, "ssn") for m in _SSN.finditer(text)]
        found += [Identifier(*m.span(), Kind.LOCATION, "postcode") for m in _POSTCODE.finditer(text)]
        found += [Identifier(*m.span(), Kind.VEHICLE, "plate") for m in _PLATE.finditer(text)]
        found += [Identifier(*m.span(), Kind.ACCOUNT, "iban") for m in _IBAN.finditer(text)]
        for pattern, source in ((_PHONE, "phone"), (_LONG, "digits"), (_CODE, "code")):
            for m in pattern.finditer(text):
                if _is_somebodys(m.group(), public, source):
                    default = Kind.ID if source == "code" else Kind.PHONE
                    found.append(
                        Identifier(*m.span(), kind_nearby(turn, m.start(), m.end(), lists, default) or default, source)
                    )
        for run in spoken:
            start, end = turn[run.first].start, turn[run.last].end
            piece = len(run.digits) >= 3 and any(run.digits in d for d in long)
            kind = kind_nearby(turn, start, end, lists, None)
            if run.digits not in public and (piece or is_code(run, kind is not None, turn)):
                default = Kind.PHONE if run.digits[:1] == "0" or 9 <= len(run.digits) <= 11 else Kind.ID
                found.append(Identifier(start, end, kind or default, "spoken_digits"))
        found += [
            Identifier(turn[a].start, turn[b].end, Kind.LOCATION, "spoken_postcode") for a, b in spoken_postcodes(turn)
        ]
        found += _cued_numerals(turn, lists)
        out.append(found)
    return out


def spoken_runs(turn: Sequence[Token]) -> list[Run]:
    """Maximal runs of digit words, numerals, letters said one by one ("M as in Mary") and slips of the tongue
    between."""
    out = []
    i = 0
    while i < len(turn):
        j, digits, letters, words, big, last, said = i, "", 0, 0, 0, i - 1, 0
        numerals = 0
        while j < len(turn):
            token, word = turn[j], turn[j].whole
            if j > i and token.opens and not _same_breath(turn, j):
                break
            if word in _TIMES and j + 1 < len(turn) and (turn[j + 1].whole in DIGITS or turn[j + 1].whole.isdigit()):
                digits += DIGITS.get(turn[j + 1].whole, turn[j + 1].whole) * _TIMES[word]
                words, j = words + 2, j + 2
            elif word in DIGITS:
                digits, words, j = digits + DIGITS[word], words + 1, j + 1
            elif word in NUMBERS:
                digits, words, big, j = digits + NUMBERS[word], words + 1, big + 1, j + 1
            elif token.number and word.isdigit():
                digits, words, numerals, j = digits + word, words + 1, numerals + 1, j + 1
            elif len(word) == 1 and word.isalpha() and _letter_in_code(turn, j):
                letters, j = letters + 1, j + 1
                if (
                    j + 2 < len(turn)
                    and turn[j].whole in ("as", "for")
                    and turn[j + 1 - (turn[j].whole == "for")].whole in ("in", "for")
                ):
                    j += 3 if turn[j].whole == "as" else 2
            elif digits and word in _FILLER and said < 3:
                said, j = said + 1, j + 1
                continue
            else:
                break
            last, said = j - 1, 0
        if last >= i and digits:
            first = i
            out.append(Run(first, last, digits, letters, words, big, numerals))
        i = max(last + 1, i + 1)
    return out


def _same_breath(turn: Sequence[Token], j: int) -> bool:
    """A full stop inside a number that is read out in pieces: both neighbours are digits."""
    return turn[j].whole in DIGITS and turn[j - 1].whole in DIGITS


def _letter_in_code(turn: Sequence[Token], j: int) -> bool:
    """A single letter is part of a code beside digits, other letters or "as in"; the words "a" and "i" only beside
    letters."""
    near = [turn[k].whole for k in (j - 1, j + 1) if 0 <= k < len(turn)]
    letters = sum(len(w) == 1 and w.isalpha() and w not in "ai" for w in near)
    if turn[j].whole in "ai" and not (turn[j].capital and turn[j].whole == "a" and not turn[j].opens):
        return letters == 2
    spelled = j + 1 < len(turn) and turn[j + 1].whole == "as"
    return spelled or any(w in DIGITS or w in _TIMES or w.isdigit() for w in near) or letters > 0


def is_code(run: Run, cued: bool, turn: Sequence[Token]) -> bool:
    """Is this run of digits somebody's number, and no quantity, no time, no counting?"""
    n = len(run.digits)
    if run.numerals and not cued and not run.letters and (n < 6 or run.words < 3):
        return False
    if run.words - run.big + run.letters < 2 or (run.big and run.words - run.big < 2 and run.letters == 0):
        return cued and n >= 4 and run.words >= 2 and run.big >= 2
    steps = {int(b) - int(a) for a, b in zip(run.digits, run.digits[1:], strict=False)}
    if steps in ({1}, {-1}, {0}, {2}) and n <= 6 and not run.letters and not cued:
        return False
    if run.letters and n >= 2 and n + run.letters >= 4:
        return True
    if n >= 5:
        return True
    after = turn[run.last + 1].whole if run.last + 1 < len(turn) else ""
    if after in (
        "percent",
        "per",
        "of",
        "times",
        "times",
        "hundred",
        "thousand",
        "weeks",
        "days",
        "years",
        "hours",
        "minutes",
    ):
        return False
    return (n >= 3 and run.big == 0) or (cued and n >= 3)


def kind_nearby(turn: Sequence[Token], start: int, end: int, lists: Lists, default: Kind | None) -> Kind | None:
    """What the words around characters start..end call the number: the closest one within eight words before, three
    after."""
    first = bisect_right(turn, start, key=lambda t: t.end)
    last = bisect_left(turn, end, key=lambda t: t.start)
    before = [t.whole for t in turn[max(0, first - 8) : first]][::-1]
    after = [t.whole for t in turn[last : last + 3]]
    if {"n", "h", "s"} <= {*before}:  # said letter by letter
        return Kind.RECORD
    for word in before + after:
        for kind, cue in _KINDS:
            if word in lists.cues[f"numbers.{cue}"] and word not in ("number", "no", "text", "call", "ring"):
                return kind
    return Kind.PHONE if default is None and {"number", "text", "ring", "call"} & {*before[:5]} else default


def _is_somebodys(found: str, public: frozenset[str], source: str) -> bool:
    digits = re.sub(r"\D", "", found)
    if found.strip() in public or _MONEY_OR_TIME.match(found.strip()):
        return False
    if source == "phone":
        years = re.fullmatch(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d", found.strip())
        return len(digits) >= 7 and not years
    if source == "digits":
        return len(digits) >= 5
    return (
        len(digits) >= 2
        and len(digits) + sum(c.isalpha() for c in found) >= 4
        and not re.fullmatch(r"\d+[a-z]{1,4}", found)
    )


def spoken_postcodes(turn: Sequence[Token]) -> list[tuple[int, int]]:
    """ "b d two", "L S seven, three a b": one or two letters, a digit, perhaps a digit and two letters."""
    out = []
    for i in range(len(turn) - 1):
        if i and (len(turn[i - 1].whole) == 1 and turn[i - 1].whole.isalpha() and turn[i - 1].whole not in "ai"):
            continue
        k = i
        while k < len(turn) and k < i + 2 and len(turn[k].whole) == 1 and turn[k].whole.isalpha():
            k += 1
        if (
            k == i
            or k >= len(turn)
            or turn[k].whole not in DIGITS | NUMBERS
            or turn[k].whole == "o"
            or (k - i == 1 and turn[i].whole in "aio")
        ):
            continue
        tail = k + 1
        if tail < len(turn) and turn[tail].whole in DIGITS:
            tail += 1
        inward = tail + 1 < len(turn) and all(len(t.whole) == 1 and t.whole.isalpha() for t in turn[tail : tail + 2])
        if inward:
            out.append((i, tail + 1))
        elif k - i == 2:
            out.append((i, k))
    return out


def _cued_numerals(turn: Sequence[Token], lists: Lists) -> list[Identifier]:
    """ "employee number 4471", "room 12"? no: three digits or more straight after a word that names a number."""
    strong = frozenset[str]().union(*(lists.cues[f"numbers.{cue}"] for _, cue in _KINDS)) - lists.cues["numbers.loose"]
    out = []
    for i, token in enumerate(turn):
        if (
            token.number
            and token.whole.isdigit()
            and 3 <= len(token.whole) <= 4
            and not re.fullmatch(r"(?:19|20)\d\d", token.whole)
        ):
            near = [t.whole for t in turn[max(0, i - 3) : i]]
            if any(w in strong for w in near):
                kind = kind_nearby(turn, token.start, token.end, lists, Kind.ID) or Kind.ID
                out.append(Identifier(token.start, token.end, kind, "cued_number"))
    return out

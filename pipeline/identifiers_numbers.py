"""Numbers and codes that belong to somebody, written or said aloud: phones, records, policies, plates, cards, devices.

A run is what people say in one breath: "oh seven seven, nine double two, no sorry, one". What the words nearby call it
decides its kind; without such words three digits in a row are already a code, as nobody counts like that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_runs import Run, is_code, spoken_postcodes, spoken_runs

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


def find_numbers(reading: Reading, lists: Lists, known: Sequence[tuple[str, Kind]] = ()) -> list[list[Identifier]]:
    """Numbers and codes; `known` are digits from the roster. Two passes: a piece of a number found once is found
    again."""
    public = lists.cues["numbers.public"]
    runs = [list(spoken_runs(turn)) for turn in reading.tokens]
    long = {r.digits for turn in runs for r in turn if len(r.digits) >= 6} | {d for d, _ in known}
    out: list[list[Identifier]] = []
    reading_out = 0  # turns in which a number that was begun may go on
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
            goes_on = reading_out > 0 and run.last - run.first + 1 >= len(turn) - 2 and len(run.digits) >= 2
            if run.digits not in public and (piece or goes_on or is_code(run, kind is not None, turn)):
                default = Kind.PHONE if run.digits[:1] == "0" or 9 <= len(run.digits) <= 11 else Kind.ID
                found.append(Identifier(start, end, kind or default, "spoken_digits"))
        found += [
            Identifier(turn[a].start, turn[b].end, Kind.LOCATION, "spoken_postcode") for a, b in spoken_postcodes(turn)
        ]
        found += _cued_numerals(turn, lists)
        reading_out = 3 if _ends_in_digits(turn, spoken, lists) else reading_out - 1
        out.append(found)
    return out


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


def _ends_in_digits(turn: Sequence[Token], spoken: Sequence[Run], lists: Lists) -> bool:
    """Does this turn leave off inside a number: digits last, and before them what names a number, or digits only?"""
    if not spoken or spoken[-1].last < len(turn) - 2 or len(spoken[-1].digits) < 2:
        return False
    run = spoken[-1]
    alone = run.first == 0 and run.words - run.big >= 3
    named = kind_nearby(turn, turn[run.first].start, turn[run.last].end, lists, None) is not None
    return alone or (named and run.words - run.big >= 2)

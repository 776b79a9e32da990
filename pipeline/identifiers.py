"""What could name a person, and where it stands: the words the recognisers share, and the one loop that asks them all.

A recogniser is a small pure function `Reading -> list[list[Identifier]]` (one list a turn) in an `identifiers_*`
module; `pipeline.identifiers_session` asks them all. An Identifier says where, what kind and who found it; it never
holds the words. The kinds cover the eighteen classes of the HIPAA Safe Harbor rule, 45 CFR 164.514(b)(2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Detect = Callable[[Sequence[str]], list[list[tuple[int, int, str]]]]
"""Named-entity model: for each text the spans (start, end, label), labels as in OntoNotes 5 (PERSON, GPE, ORG …)."""


class Kind(StrEnum):
    """Kinds of identifier; the value is the word in the placeholder."""

    NAME = "NAME"  # Safe Harbor A
    LOCATION = "LOCATION"  # B: smaller than a state
    ORG = "ORG"  # R: school, employer, clinic
    DATE = "DATE"  # C
    AGE = "AGE"  # C: over 89
    PHONE = "PHONE"  # D
    FAX = "FAX"  # E
    EMAIL = "EMAIL"  # F
    SSN = "SSN"  # G
    RECORD = "RECORD"  # H
    HEALTH_PLAN = "HEALTH_PLAN"  # I
    ACCOUNT = "ACCOUNT"  # J
    LICENCE = "LICENCE"  # K
    VEHICLE = "VEHICLE"  # L
    DEVICE = "DEVICE"  # M
    URL = "URL"  # N
    IP = "IP"  # O
    BIOMETRIC = "BIOMETRIC"  # P
    PHOTO = "PHOTO"  # Q
    ID = "ID"  # R: any other number or code
    PROFESSION = "PROFESSION"  # R: work so rare that it names


@dataclass(frozen=True, slots=True)
class Identifier:
    """Characters start..end (code points, end exclusive) of one turn. `source` is the recogniser, for the report."""

    start: int
    end: int
    kind: Kind
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"{self.source}: {self.start}..{self.end} is no span")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number of a turn. `fold` is it without case, accents and possessive; `end` stops before the
    possessive."""

    start: int
    end: int
    stop: int  # after the possessive
    fold: str = field(repr=False)
    whole: str = field(repr=False)  # folded, with its possessive
    capital: bool = False
    caps: bool = False  # all letters are capitals
    number: bool = False
    opens: bool = False  # first word of a sentence, where a capital says nothing
    tight: bool = False  # joined to the token before by a hyphen
    pause: bool = False  # a comma or the end of a sentence stands before it


@dataclass(frozen=True, slots=True)
class Reading:
    """One session as the recognisers see it. `entities` are the model's, in offsets of the text as it came."""

    texts: tuple[str, ...] = field(repr=False)
    tokens: tuple[tuple[Token, ...], ...] = field(repr=False)
    cased: tuple[bool, ...]  # per turn: do capitals mean anything here?
    entities: tuple[tuple[tuple[int, int, str], ...], ...] = field(repr=False, default=())


Recogniser = Callable[[Reading], list[list[Identifier]]]

_LETTERS = r"(?:[^\W\d_][\u0300-\u036f]*)+"  # NFC leaves some accents apart, as in the lower case of the Turkish İ
_TOKEN = re.compile(rf"{_LETTERS}(?:['’]{_LETTERS})*|\d+(?:[.,:]\d+)*[^\W\d_]*(?:['’][^\W\d_]+)?")
_SENTENCE_END = re.compile(r"[.?!…:;\"“”‘\[\](){}—–\n*<>]|--|-\s|\s['-](?=\s)|\s'$")
_MARKUP = re.compile(r"</?[A-Z_]+/?>")
_PLAIN = str.maketrans(
    {"’": "'", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "ß": "ss", "æ": "ae", "ı": "i"}
)
_TITLES_WITH_DOT = frozenset(["mr", "mrs", "ms", "dr", "prof", "rev", "st", "sgt", "jr", "sr"])


def fold(word: str) -> str:
    """Without case and accents, so that one form stands for all ways a name is written down."""
    plain = unicodedata.normalize("NFKD", word.translate(_PLAIN))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def tokens_of(text: str) -> tuple[Token, ...]:
    """Cut a turn into words and numbers. Offsets are code points of `text`, which is expected in NFC."""
    out: list[Token] = []
    last = 0
    searched = (
        _MARKUP.sub(lambda m: "<" * len(m.group()), text) if "<" in text else text
    )  # transcribers' marks are no words
    for match in _TOKEN.finditer(searched):
        start, stop = match.span()
        raw = match.group()
        whole = fold(raw)
        bare, end = whole, stop
        if len(raw) > 2 and raw[-2] in "'’" and raw[-1] in "sS":
            bare, end = whole[:-2], stop - 2
        gap = searched[last:start]
        opens = not out or bool(_SENTENCE_END.search(gap))
        if opens and out and gap.startswith(".") and gap.strip(". ") == "":
            before = out[-1]
            initial = before.capital and before.end - before.start == 1 and before.fold != "i"
            opens = not (initial or before.fold in _TITLES_WITH_DOT)
        out.append(
            Token(
                start, end, stop, bare, whole,
                capital=raw[0].isupper(), caps=raw[: end - start].isupper() and end - start > 1,
                number=raw[0].isdigit(),
                opens=opens, tight=bool(out) and gap in ("-", "‐", "‑"), pause=opens or "," in gap,
            )
        )  # fmt: skip
        last = stop
    return tuple(out)


def read_session(texts: Sequence[str]) -> Reading:
    """Tokens and case of a session, before any model looked at it. Speech recognition often writes no capitals at
    all."""
    tokens = tuple(tokens_of(t) for t in texts)
    words = [t for turn in tokens for t in turn if not t.number and t.fold != "i"]
    lower = sum(not t.capital for t in words)
    session_cased = (
        any(t.capital for t in words)
        and sum(t.capital for t in words) >= 0.03 * len(words)
        and lower > 0.3 * len(words)
    )
    cased = []
    for turn in tokens:
        letters = [t for t in turn if not t.number]
        capitals = sum(t.capital for t in letters)
        shouting = len(letters) > 3 and all(t.caps or t.fold in ("i", "a") for t in letters)
        flat = len(letters) >= 12 and capitals == 0
        cased.append(session_cased and not shouting and not flat)
    return Reading(tuple(texts), tokens, tuple(cased))


def resolve(found: Sequence[Identifier], rank: Mapping[Kind, int] | None = None) -> list[Identifier]:
    """One list without overlaps: overlapping spans become their union, with kind and source of the longest."""
    out: list[Identifier] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if out and one.start < out[-1].end:
            last = out[-1]
            longer = one if one.end - one.start > last.end - last.start else last
            out[-1] = Identifier(last.start, max(last.end, one.end), longer.kind, longer.source)
        else:
            out.append(one)
    return out

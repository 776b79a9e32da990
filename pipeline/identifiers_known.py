"""Names a pipeline knows before it listens: the roster, the labels of the speakers, what earlier sessions showed.

Turns them into forms to look for: whole and in part, nicknames, initials, misspellings, spelled letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.identifiers import Identifier, Kind, Reading, fold
from pipeline.identifiers_lists import Lists
from pipeline.session import KnownIdentifier

_NAME_KINDS = frozenset(
    [
        "name",
        "nickname",
        "relative",
        "alias",
        "surname",
        "given_name",
        "family_name",
        "partner",
        "child",
        "parent",
        "sibling",
        "friend",
    ]
)
_KINDS = {
    Kind.LOCATION: "place address town city street postcode zip suburb village birthplace",
    Kind.ORG: "employer school org organisation organization clinic hospital workplace church team",
    Kind.PHONE: "phone mobile telephone landline",
    Kind.EMAIL: "email e-mail mail",
    Kind.DATE: "date dob birthday birth_date date_of_birth",
    Kind.URL: "url website handle username",
    Kind.VEHICLE: "plate vehicle car",
}
_GENERIC = frozenset(
    [
        "t",
        "c",
        "th",
        "cl",
        "p",
        "pt",
        "client",
        "therapist",
        "patient",
        "speaker",
        "interviewer",
        "interviewee",
        "counsellor",
        "counselor",
        "psychologist",
        "doctor",
        "dr",
        "clinician",
        "provider",
        "participant",
        "unknown",
        "facilitator",
        "coach",
        "person",
        "member",
        "group",
        "all",
        "both",
        "couple",
        "partner",
        "a",
        "b",
        "i",
        "s",
        "spk",
        "host",
        "guest",
        "me",
        "you",
        "male",
        "female",
        "man",
        "woman",
        "m",
        "f",
        "voice",
        "interpreter",
        "parent",
        "child",
        "mother",
        "father",
        "mum",
        "mom",
        "dad",
        "supervisor",
        "trainee",
        "student",
        "nurse",
        "psychiatrist",
        "practitioner",
        "researcher",
        "assistant",
        "co-therapist",
        "role",
        "none",
        "null",
        "speakers",
        "turn",
    ]
)


def kind_of(known: KnownIdentifier) -> Kind:
    """The kind of identifier a roster row holds; rows of people (name, relative, nickname …) are names."""
    kind = fold(known.kind).strip().replace(" ", "_")
    if kind in _NAME_KINDS:
        return Kind.NAME
    for found, words in _KINDS.items():
        if kind in words.split():
            return found
    return Kind.ID if any(c.isdigit() for c in known.value) else Kind.NAME


def label_names(labels: Iterable[str]) -> list[str]:
    """The speaker labels that are names of people and not words such as T, Client or Speaker 1."""
    return [
        label for label in dict.fromkeys(labels) if parts_of(label) and not all(p in _GENERIC for p in parts_of(label))
    ]


def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded, without titles, initials and generic words."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", name)
    titles = {"dr", "mr", "mrs", "ms", "miss", "prof", "professor", "doctor", "rev", "sir"}
    return tuple(w for w in (fold(w) for w in words) if w not in titles)


@dataclass(slots=True)
class KnownForms:
    """Folded words that are names of people here (`sure` ones from the roster, `likely` ones made from those) and
    phrases."""

    sure: set[str] = field(default_factory=set, repr=False)
    likely: set[str] = field(default_factory=set, repr=False)
    initials: set[str] = field(default_factory=set, repr=False)
    phrases: list[tuple[tuple[str, ...], Kind]] = field(default_factory=list, repr=False)
    digits: list[tuple[str, Kind]] = field(default_factory=list, repr=False)

    def add_person(self, name: str, lists: Lists) -> None:
        parts = parts_of(name)
        for part in parts:
            if len(part) > 1:
                self.sure.add(part)
                self.likely |= {n for n in lists.nicknames.get(part, ()) if len(n) > 1}
        if len(parts) > 1:
            self.initials.add("".join(p[0] for p in parts))
            self.likely |= {p[: len(p) - 2] for p in parts[:1] if len(p) > 6}

    def add(self, known: KnownIdentifier, lists: Lists) -> None:
        kind = kind_of(known)
        if kind is Kind.NAME:
            self.add_person(known.value, lists)
            return
        digits = re.sub(r"\D", "", known.value)
        if len(digits) >= 4 and kind not in (Kind.LOCATION, Kind.ORG):
            self.digits.append((digits, kind))
        phrase = tuple(fold(w) for w in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", known.value))
        if phrase:
            self.phrases.append((phrase, kind))


def find_phrases(reading: Reading, known: KnownForms) -> list[list[Identifier]]:
    """Roster values of several words or of another kind than a name: places, employers, addresses."""
    by_first: dict[str, list[tuple[tuple[str, ...], Kind]]] = {}
    for phrase, kind in known.phrases:
        by_first.setdefault(phrase[0], []).append((phrase, kind))
    out: list[list[Identifier]] = []
    for turn in reading.tokens:
        found = []
        for i, token in enumerate(turn):
            for phrase, kind in by_first.get(token.fold, ()):
                if tuple(t.fold for t in turn[i : i + len(phrase)]) == phrase:
                    found.append(Identifier(token.start, turn[i + len(phrase) - 1].end, kind, "roster"))
        out.append(found)
    return out

"""Names a pipeline knows before it listens: the roster, the labels of the speakers, what earlier sessions showed.

Turns them into forms to look for: whole and in part, nicknames, initials, misspellings, spelled letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.identifiers import Identifier, Kind, Reading, Token, fold
from pipeline.identifiers_lists import Lists
from pipeline.session import KnownIdentifier

_NAME_KINDS = frozenset("name nickname relative alias surname given_name family_name partner child parent sibling friend".split())
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
    """t c th cl p pt client therapist patient speaker interviewer interviewee counsellor counselor psychologist doctor dr clinician
    provider participant unknown facilitator coach person member group all both couple partner a b i s spk host guest me you
    male female man woman m f voice interpreter parent child mother father mum mom dad supervisor trainee student nurse
    psychiatrist practitioner researcher assistant co-therapist role none null speakers turn""".split()
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
    return [label for label in dict.fromkeys(labels) if parts_of(label) and not all(p in _GENERIC for p in parts_of(label))]


def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded, without titles, initials and generic words."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", name)
    titles = {"dr", "mr", "mrs", "ms", "miss", "prof", "professor", "doctor", "rev", "sir"}
    return tuple(w for w in (fold(w) for w in words) if w not in titles)


@dataclass(slots=True)
class KnownForms:
    """Folded words that are names of people here (`sure` ones from the roster, `likely` ones made from those) and phrases."""

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


_SOUND = [
    ("ph", "f"), ("gh", "g"), ("ck", "k"), ("qu", "k"), ("x", "ks"), ("sch", "s"), ("sh", "s"), ("zh", "s"), ("tch", "c"), ("ch", "c"),
    ("th", "t"), ("dh", "d"), ("bh", "b"), ("kh", "k"), ("wh", "w"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "f"), ("j", "g"),
]  # fmt: skip


def skeleton(word: str) -> str:
    """Consonants as they sound, so that what speech recognition heard can be laid beside a name."""
    for written, sound in _SOUND:
        word = word.replace(written, sound)
    bones = re.sub(r"[aeiouyhw']", "", word)
    return re.sub(r"(.)\1+", r"\1", bones)


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap neighbours) between two words; stops counting above `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before, last = list(range(len(b) + 1)), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


def misspelled(word: str, names: Iterable[str]) -> str | None:
    """The known name that `word` is a misspelling of: one edit from five letters on, two from eight on."""
    for name in names:
        limit = 2 if len(name) >= 8 else 1 if len(name) >= 5 else 0
        if limit and word[0] == name[0] and distance(word, name, limit) <= limit:
            return name
    return None


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


def find_misheard(reading: Reading, known: KnownForms, lists: Lists) -> list[list[Identifier]]:
    """Two short words that together sound like a known name: speech recognition cuts names it does not know."""
    sounds = {skeleton(n): n for n in known.sure if len(n) >= 5 and len(skeleton(n)) >= 2}
    out: list[list[Identifier]] = []
    for turn, cased in zip(reading.tokens, reading.cased, strict=True):
        found = []
        for a, b in zip(turn, turn[1:], strict=False):
            if cased or b.opens or len(a.fold) + len(b.fold) > 12:
                continue
            rare = max(lists.level(a.fold), lists.level(b.fold))
            joined = a.fold + b.fold
            name = sounds.get(skeleton(joined)) if rare >= 35 else None
            if name and distance(joined, name, len(name) // 2 + 1) <= len(name) // 2 + 1:
                found.append(Identifier(a.start, b.end, Kind.NAME, "misheard"))
        out.append(found)
    return out


def find_spelled(reading: Reading, known: Iterable[str], lists: Lists) -> list[list[Identifier]]:
    """A name said letter by letter: K-E-A-N-E, k e a n e. Abbreviations of two to four letters are left alone."""
    names = set(known)
    spell = lists.cues["talk.spelled"]
    out: list[list[Identifier]] = []
    for turn in reading.tokens:
        found: list[Identifier] = []
        i = 0
        while i < len(turn):
            j = i
            while j < len(turn) and _letters(turn, j):
                j += 1
            word = "".join(t.fold for t in turn[i:j] if t.fold not in ("double",))
            cue = any(t.whole in spell for t in turn[max(0, i - 3) : i])
            name = len(word) >= 3 and (word in names or word in lists.given or word in lists.surnames) and word not in lists.safe
            if j - i >= 3 and (name and (word in names or cue or len(word) >= 4) or len(word) >= 5 or (cue and len(word) >= 4)):
                found.append(Identifier(turn[i].start, turn[j - 1].end, Kind.NAME, "spelled"))
            i = max(j, i + 1)
        out.append(found)
    return out


def _letters(turn: Sequence[Token], i: int) -> bool:
    token = turn[i]
    if token.number:
        return False
    return len(token.fold) == 1 or (token.fold == "double" and i + 1 < len(turn) and len(turn[i + 1].fold) == 1)

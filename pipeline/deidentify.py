"""From raw sessions to safe ones: find, sweep, replace, look again. The only module that turns RawTurn into Turn."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import Quarantined, Reason
from pipeline.identifiers import Detect, Identifier, Kind, Reading, fold
from pipeline.identifiers_known import KnownForms, kind_of, label_names
from pipeline.identifiers_lists import Lists, read_lists
from pipeline.identifiers_residual import RISK_LIMIT, second_look
from pipeline.identifiers_session import certain_names, find_identifiers, read_with_model
from pipeline.pseudonyms import Crosswalk, people_of_roster
from pipeline.session import KnownIdentifier, RawSession, Turn

Find = Callable[[Reading, KnownForms, Lists, Set[str]], list[list[Identifier]]]


@dataclass(slots=True)
class Deidentified:
    """A session that may be stored. `counts` says how many identifiers of each kind were replaced; nothing says
    which."""

    session_id: str
    turns: tuple[Turn, ...] = field(repr=False)
    residual_risk: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


def deidentify_client(
    raws: Sequence[RawSession],
    *,
    known: Sequence[KnownIdentifier],
    detect: Detect,
    crosswalk: Crosswalk,
    date_offset_days: int,
    style: Literal["placeholder"] = "placeholder",
    risk_limit: float = RISK_LIMIT,
    lists: Lists | None = None,
    find: Find = find_identifiers,
) -> list[Deidentified | Quarantined]:
    """De-identify the new or changed sessions of ONE client, in session order; one result each, in the same order.

    Two passes: names found with certainty in any of the sessions, in the crosswalk or in the roster are swept through
    all of them. `crosswalk` grows in place (also by sessions that end in quarantine, whose numbers would else be
    given twice). `find` can be replaced to test what the residual gate does when the first look fails.
    """
    if style != "placeholder":
        raise ValueError(f"style {style!r} is not known: use 'placeholder'")
    lists = lists or read_lists()
    crosswalk.date_offset_days = date_offset_days
    forms = _known_forms(raws, known, crosswalk, lists)
    texts = [[unicodedata.normalize("NFC", t.text) for t in raw.turns] for raw in raws]
    readings = [read_with_model(t, detect, lists) for t in texts]
    crosswalk.certain |= _names_of_all(readings, forms, lists, crosswalk.certain)
    out: list[Deidentified | Quarantined] = []
    for raw, reading in zip(raws, readings, strict=True):
        out.append(
            _one(raw, reading, find(reading, forms, lists, crosswalk.certain), forms, lists, crosswalk, risk_limit)
        )
    return out


def _names_of_all(readings: Sequence[Reading], forms: KnownForms, lists: Lists, met: Set[str]) -> set[str]:
    """Names shown anywhere in these sessions, round by round until nothing is new: a second run finds the same."""
    found: set[str] = set(met)
    for _ in range(4):
        before = len(found)
        for reading in readings:
            found |= certain_names(reading, forms, lists, found)
        if len(found) == before:
            break
    return found


def _known_forms(
    raws: Sequence[RawSession], known: Sequence[KnownIdentifier], crosswalk: Crosswalk, lists: Lists
) -> KnownForms:
    """Roster and speaker labels, as forms to look for; their people are introduced to the crosswalk."""
    forms = KnownForms()
    rows = [(k.person_id, k.role, k.value) for k in known if kind_of(k) is Kind.NAME]
    labels = label_names(t.speaker for raw in raws for t in raw.turns)
    for identifier in known:
        forms.add(identifier, lists)
        if kind_of(identifier) is not Kind.NAME:
            crosswalk.introduce(kind_of(identifier), [identifier.value])
    for label in labels:
        forms.add_person(label, lists)
    for person in people_of_roster(rows) + [[label] for label in labels]:
        crosswalk.introduce(Kind.NAME, person)
    return forms


def _one(
    raw: RawSession,
    reading: Reading,
    found: list[list[Identifier]],
    forms: KnownForms,
    lists: Lists,
    crosswalk: Crosswalk,
    risk_limit: float,
) -> Deidentified | Quarantined:
    safe = []
    counts: Counter[str] = Counter()
    for text, turn_found in zip(reading.texts, found, strict=True):
        counts.update(one.kind.value for one in turn_found)
        safe.append(_replace(text, turn_found, lists, crosswalk))
    numbers = [t.turn_no for t in raw.turns]
    residue = second_look(safe, numbers, forms.sure | crosswalk.heard(Kind.NAME), lists)
    if residue.risk > risk_limit:
        kinds = ", ".join(f"{n} {kind}" for kind, n in residue.finds)
        places = ", ".join(map(str, residue.turn_nos[:20])) + (" …" if len(residue.turn_nos) > 20 else "")
        return Quarantined(
            raw.session_id, Reason.RESIDUAL_RISK,
            f"residual risk {residue.risk:.2f} is above {risk_limit:.2f}: {kinds}; look at turns {places}, "
            "add what names people there to roster.csv, and run again",
        )  # fmt: skip
    try:
        turns = tuple(
            Turn(turn_no=t.turn_no, speaker=raw.role_of(t), text=text, start_s=t.start_s, end_s=t.end_s)
            for t, text in zip(raw.turns, safe, strict=True)
        )
    except KeyError:
        return Quarantined(
            raw.session_id,
            Reason.UNKNOWN_SPEAKER,
            "a speaker label has no role: complete the speaker map in sessions.csv",
        )
    return Deidentified(raw.session_id, turns, residue.risk, dict(sorted(counts.items())))


def _replace(text: str, found: Sequence[Identifier], lists: Lists, crosswalk: Crosswalk) -> str:
    """Placeholders for words; what stands around them (possessive, plural, punctuation) stays."""
    out, last = [], 0
    for one in found:
        words = text[one.start : one.end]
        nicknames = _nicknames(words, lists) if one.kind is Kind.NAME else ()
        out += [text[last : one.start], crosswalk.placeholder(one.kind, words, nicknames=nicknames)]
        last = one.end
    return "".join(out) + text[last:]


def _nicknames(words: str, lists: Lists) -> tuple[str, ...]:
    """Names the first word may stand for or be called by, the likeliest first (alphabetical, so that runs agree)."""
    first = fold(words).split()[0] if words.split() else ""
    longer = sorted(n for n, short in lists.nicknames.items() if first in short) if first else []
    return tuple(longer) + tuple(sorted(lists.nicknames.get(first, ())))

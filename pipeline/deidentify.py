"""From raw sessions to safe ones: find, sweep, replace, look again. The only module that turns RawTurn into Turn."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from pipeline.errors import Quarantined, Reason
from pipeline.identifiers import Detect, Identifier, Kind, Reading, fold
from pipeline.identifiers_known import KnownForms, kind_of, label_names
from pipeline.identifiers_lists import Lists, read_lists
from pipeline.identifiers_origins import read_origins
from pipeline.identifiers_residual import RISK_LIMIT, Residue, second_look
from pipeline.identifiers_session import certain_names, find_identifiers, read_with_model, sweep_places
from pipeline.pseudonyms import Crosswalk, people_of_roster
from pipeline.pseudonyms_surrogates import Surrogates
from pipeline.session import KnownIdentifier, RawSession, Turn

Find = Callable[[Reading, KnownForms, Lists, Set[str]], list[list[Identifier]]]
Numbered = tuple[Identifier, int]  # an identifier and the number of what it names
Write = Callable[[Kind, str, int], str]  # kind, words, number → what is stored
STYLES = ("placeholder", "surrogate")


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
    style: str = "placeholder",
    surrogate_key: bytes | None = None,
    risk_limit: float = RISK_LIMIT,
    lists: Lists | None = None,
    find: Find = find_identifiers,
) -> list[Deidentified | Quarantined]:
    """De-identify the new or changed sessions of ONE client, in session order; one result each, in the same order.

    Two passes: names found with certainty in any of the sessions, in the crosswalk or in the roster are swept through
    all of them. `crosswalk` grows in place (also by sessions that end in quarantine, whose numbers would else be
    given twice). The offset a crosswalk was first given stays, so that dates do not move again when the key of the vault
    changes. `style` is "placeholder" ([NAME_1]) or "surrogate" (realistic names chosen with `surrogate_key`, see
    `pipeline.pseudonyms_surrogates`); the residual gate always looks at the text with placeholders. `find` can be replaced to test what the residual gate does when the first look fails.
    """
    if style not in STYLES:
        raise ValueError(f"style {style!r} is not known: use one of {', '.join(STYLES)}")
    if style == "surrogate" and not surrogate_key:
        raise ValueError(
            "surrogates are chosen with a key: give `surrogate_key`, a secret of the client from the vault"
        )
    lists = lists or read_lists()
    if crosswalk.date_offset_days is None:
        crosswalk.date_offset_days = date_offset_days
    forms = _known_forms(raws, known, crosswalk, lists)
    texts = [[unicodedata.normalize("NFC", t.text) for t in raw.turns] for raw in raws]
    readings = [read_with_model(t, detect, lists) for t in texts]
    crosswalk.certain |= _names_of_all(readings, forms, lists, crosswalk.certain)
    found = [find(reading, forms, lists, crosswalk.certain) for reading in readings]
    heard = [(tuple(f.split()), kind) for kind in (Kind.LOCATION, Kind.ORG) for f in sorted(crosswalk.heard(kind))]
    found = sweep_places(
        readings, found, lists, [h for h in heard if len(h[0]) > 1 and not any(map(str.isdigit, h[0]))]
    )
    numbered = [_numbered(reading, ones, lists, crosswalk) for reading, ones in zip(readings, found, strict=True)]
    write: Write = _placeholder
    if surrogate_key and style == "surrogate":
        taken = crosswalk.certain.union(*(crosswalk.heard(k) for k in (Kind.NAME, Kind.LOCATION, Kind.ORG)))
        taken = {w for form in taken for w in (form, *form.split())}
        write = Surrogates(
            crosswalk, key=surrogate_key, days=crosswalk.date_offset_days, lists=lists, origins=read_origins(),
            taken=taken, known=forms.sure,
        ).write  # fmt: skip
    return [
        _one(raw, reading, ones, forms, lists, crosswalk, risk_limit, write)
        for raw, reading, ones in zip(raws, readings, numbered, strict=True)
    ]


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
    found: list[list[Numbered]],
    forms: KnownForms,
    lists: Lists,
    crosswalk: Crosswalk,
    risk_limit: float,
    write: Write,
) -> Deidentified | Quarantined:
    counts = Counter(one.kind.value for turn_found in found for one, _ in turn_found)
    marked = [_replace(text, ones, _placeholder) for text, ones in zip(reading.texts, found, strict=True)]
    numbers = [t.turn_no for t in raw.turns]
    residue = second_look(marked, numbers, forms.sure | crosswalk.heard(Kind.NAME), lists, before=reading.texts)
    if residue.risk > risk_limit:
        return Quarantined(raw.session_id, Reason.RESIDUAL_RISK, _advice(residue, risk_limit))
    safe = [_replace(text, ones, write) for text, ones in zip(reading.texts, found, strict=True)]
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


def _advice(residue: Residue, risk_limit: float) -> str:
    """Why a session goes to quarantine and what to do: kinds, counts, turn numbers, never words."""
    said = f"residual risk {residue.risk:.2f} is above {risk_limit:.2f}"
    if residue.foreign:
        return (
            f"{said}: {residue.share_replaced:.0%} of the words would be replaced and {residue.share_common:.0%} are common "
            "English words; the recognisers know English only, so keep sessions in other languages out of this study"
        )
    kinds = ", ".join(f"{n} {kind}" for kind, n in residue.finds)
    places = ", ".join(map(str, residue.turn_nos[:20])) + (" …" if len(residue.turn_nos) > 20 else "")
    return f"{said}: {kinds}; look at turns {places}, add what names people there to roster.csv, and run again"


def _numbered(
    reading: Reading, found: Sequence[Sequence[Identifier]], lists: Lists, crosswalk: Crosswalk
) -> list[list[Numbered]]:
    """Each identifier with the number of what it names, turn by turn: the crosswalk learns here and only here."""
    out = []
    for text, ones in zip(reading.texts, found, strict=True):
        numbered = []
        for one in ones:
            words = text[one.start : one.end]
            nicknames = _nicknames(words, lists) if one.kind is Kind.NAME else ()
            numbered.append((one, crosswalk.number(one.kind, words, nicknames=nicknames)))
        out.append(numbered)
    return out


def _replace(text: str, found: Sequence[Numbered], write: Write) -> str:
    """Pseudonyms for words; what stands around them (possessive, plural, punctuation) stays."""
    out, last = [], 0
    for one, number in found:
        out += [text[last : one.start], write(one.kind, text[one.start : one.end], number)]
        last = one.end
    return "".join(out) + text[last:]


def _placeholder(kind: Kind, words: str, number: int) -> str:
    return f"[{kind}_{number}]"


def _nicknames(words: str, lists: Lists) -> tuple[str, ...]:
    """Names the first word may stand for or be called by, the likeliest first (alphabetical, so that runs agree)."""
    first = fold(words).split()[0] if words.split() else ""
    longer = sorted(n for n, short in lists.nicknames.items() if first in short) if first else []
    return tuple(longer) + tuple(sorted(lists.nicknames.get(first, ())))

"""The crosswalk of one client: which person, place or number is which placeholder. It lives in the vault only.

Numbers count up in order of first appearance, so the same sessions in the same order give the same text; a person keeps the
number in every later session. Two forms are one person where the roster or a full name shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from pipeline.errors import VaultProblem
from pipeline.identifiers import Kind, fold
from pipeline.identifiers_known import misspelled, parts_of, skeleton

_FORMAT = 1


class Crosswalk:
    """Forms (folded) of each thing, by kind, and its number (None until it is first heard). repr shows counts only."""

    def __init__(self) -> None:
        self._things: dict[str, list[_Thing]] = {}
        self._form: dict[tuple[str, str], _Thing] = {}
        self.date_offset_days: int | None = None

    def __repr__(self) -> str:
        return f"Crosswalk({', '.join(f'{k}: {len(v)}' for k, v in sorted(self._things.items()))})"

    # -- what the roster tells

    def introduce(self, kind: Kind, forms: Iterable[str]) -> None:
        """Say that these forms are one person or thing, before any is heard. Known forms keep what they are."""
        forms = [f for f in (_form(kind, f) for f in forms) if f]
        if not forms:
            return
        thing = next((self._form[(kind, f)] for f in forms if (kind, f) in self._form), None) or self._new(kind)
        for form in forms:
            self._tie(kind, form, thing)

    # -- what is heard

    def number(self, kind: Kind, text: str, *, nicknames: Sequence[str] = ()) -> int:
        """The number of what `text` names, a new one if it is new. `nicknames` are other given names it may stand for."""
        form = _form(kind, text)
        thing = self._form.get((kind, form)) or (self._person(form, nicknames) if kind is Kind.NAME else None) or self._new(kind)
        self._tie(kind, form, thing)
        if kind is Kind.NAME:
            parts = form.split()
            if len(parts) > 1:
                for part in parts:
                    if len(part) > 1:
                        self._tie(kind, part, thing)
        if thing.number is None:
            thing.number = 1 + max((t.number or 0 for t in self._things[kind]), default=0)
        return thing.number

    def placeholder(self, kind: Kind, text: str, *, nicknames: Sequence[str] = ()) -> str:
        return f"[{kind}_{self.number(kind, text, nicknames=nicknames)}]"

    def names(self) -> set[str]:
        """Single words of names heard or introduced so far, folded: what the sweep looks for in later sessions."""
        return {f for (kind, f) in self._form if kind == Kind.NAME and " " not in f and len(f) > 1}

    def heard(self, kind: Kind) -> set[str]:
        return {f for (k, f), thing in self._form.items() if k == kind and thing.number is not None}

    # -- to and from the vault

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same crosswalk gives the same bytes."""
        things = {k: [{"number": t.number, "forms": sorted(t.forms)} for t in v] for k, v in sorted(self._things.items())}
        body = {"format": _FORMAT, "date_offset_days": self.date_offset_days, "things": things}
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Crosswalk:
        """VaultProblem where the bytes are no crosswalk of this version."""
        try:
            body = json.loads(data)
            if body["format"] != _FORMAT:
                raise ValueError
            made = cls()
            made.date_offset_days = body["date_offset_days"]
            for kind, things in body["things"].items():
                for entry in things:
                    thing = made._new(Kind(kind))
                    thing.number = entry["number"]
                    for form in entry["forms"]:
                        made._tie(Kind(kind), form, thing)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise VaultProblem("a crosswalk in the vault is damaged or of another version: restore it from a backup, or forget this client and run again") from None
        return made

    # -- inside

    def _new(self, kind: Kind) -> _Thing:
        thing = _Thing()
        self._things.setdefault(kind, []).append(thing)
        return thing

    def _tie(self, kind: Kind, form: str, thing: _Thing) -> None:
        if (kind, form) not in self._form:
            self._form[(kind, form)] = thing
            thing.forms.add(form)

    def _person(self, form: str, nicknames: Sequence[str]) -> _Thing | None:
        """Whom a new form names: a part of a full name, a nickname, a short form, a misspelling of somebody known."""
        parts = form.split()
        known = [(p, self._form.get((Kind.NAME, p))) for p in parts]
        if len(parts) > 1:
            first, last = known[0][1], known[-1][1]
            if first is not None:
                return first
            alone = last is not None and all(len(f.split()) == 1 for f in last.forms) and len(last.forms) <= 2
            return last if alone else None
        for other in nicknames:
            if thing := self._form.get((Kind.NAME, other)):
                return thing
        singles = [f for (k, f) in self._form if k == Kind.NAME and " " not in f]
        if len(form) >= 3:
            shortened = [f for f in singles if len(f) > len(form) and f.startswith(form) or (len(f) >= 4 and len(form) > len(f) and form.startswith(f))]
            if len({id(self._form[(Kind.NAME, f)]) for f in shortened}) == 1:
                return self._form[(Kind.NAME, shortened[0])]
        close = misspelled(form, singles) or next((f for f in singles if len(f) > 4 and len(form) > 4 and f[0] == form[0] and skeleton(f) == skeleton(form)), None)
        return self._form[(Kind.NAME, close)] if close else None


class _Thing:
    __slots__ = ("forms", "number")

    def __init__(self) -> None:
        self.number: int | None = None
        self.forms: set[str] = set()


def _form(kind: Kind, text: str) -> str:
    """How a text is filed: folded, one space between words, digits only where the kind is a number."""
    if kind is Kind.NAME:
        parts = parts_of(text)
        joined = "".join(parts) if parts and all(len(p) == 1 for p in parts) else " ".join(parts)
        return joined or fold(text).strip()
    return re.sub(r"[\W_]+", " ", fold(text)).strip() or fold(text)


def people_of_roster(rows: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """Group the roster's names by person: rows (person_id, role, value) in file order.

    One person_id may hold a couple or a whole group, so values are one person only where they share a word, or where a
    single word follows a full name of the same person_id and role (a nickname under its owner).
    """
    people: list[tuple[str, str, list[str], set[str]]] = []
    for person_id, role, value in rows:
        parts = set(parts_of(value))
        same = [p for p in people if p[0] == person_id and p[1] == role]
        found = next((p for p in same if parts & p[3] and (len(parts) == 1 or parts <= p[3] or p[3] <= parts or len(parts & p[3]) > 1)), None)
        if found is None and len(parts) == 1 and same and len(same[-1][2]) == 1 and len(parts_of(same[-1][2][0])) > 1:
            found = same[-1]
        if found is None:
            people.append((person_id, role, [value], parts))
        else:
            found[2].append(value)
            found[3].update(parts)
    return [p[2] for p in people]

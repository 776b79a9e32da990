"""The crosswalk of one client: which person, place or number is which placeholder. It lives in the vault only.

Numbers count up in order of first appearance, so the same sessions in the same order give the same text; a person
keeps the number in every later session. Two forms are one person where the roster or a full name shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from pipeline.errors import VaultProblem
from pipeline.identifiers import Kind, fold
from pipeline.identifiers_known import parts_of
from pipeline.identifiers_spelling import misspelled, skeleton

_FORMAT = 1


class Crosswalk:
    """Forms (folded) of each thing, by kind, and its number (None until it is first heard). repr shows counts only."""

    def __init__(self) -> None:
        self._things: dict[str, list[_Thing]] = {}
        self._form: dict[tuple[str, str], _Thing] = {}
        self.date_offset_days: int | None = None
        self.surrogates: dict[str, str] = {}  # slot → surrogate, where the study asks for surrogates
        self.certain: set[str] = set()  # names shown on strong grounds: what the sweep looks for in later sessions

    def __repr__(self) -> str:
        return f"Crosswalk({', '.join(f'{k}: {len(v)}' for k, v in sorted(self._things.items()))})"

    # -- what the roster tells

    def introduce(self, kind: Kind, forms: Iterable[str]) -> None:
        """Say that these forms are one person or thing, before any is heard. Known forms keep what they are.

        Of full names the parts are filed, too, where nobody has them yet: relatives share a surname.
        """
        filed = [f for f in (_form(kind, f) for f in forms) if f]
        if not filed:
            return
        thing = next((self._form[(kind, f)] for f in filed if (kind, f) in self._form), None) or self._new(kind)
        for form in filed:
            self._tie(kind, form, thing)
        if kind is Kind.NAME:
            for part in (p for form in filed for p in form.split() if len(p) > 1):
                self._tie(kind, part, thing)

    # -- what is heard

    def number(self, kind: Kind, text: str, *, nicknames: Sequence[str] = ()) -> int:
        """The number of what `text` names, a new one if it is new. `nicknames` are other given names it may stand
        for."""
        form = _form(kind, text)
        thing = (
            self._form.get((kind, form))
            or (self._person(form, nicknames) if kind is Kind.NAME else None)
            or self._new(kind)
        )
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

    def heard(self, kind: Kind) -> set[str]:
        """Folded forms that have been replaced, and so must not be left in any text of this client."""
        return {f for (k, f), thing in self._form.items() if k == kind and thing.number is not None}

    def forms(self, kind: Kind, number: int) -> set[str]:
        """Folded forms of the thing with this number."""
        return next((set(t.forms) for t in self._things.get(kind, ()) if t.number == number), set())

    # -- to and from the vault

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same crosswalk gives the same bytes."""
        things = {
            k: [{"number": t.number, "forms": sorted(t.forms)} for t in v] for k, v in sorted(self._things.items())
        }
        body: dict[str, object] = {
            "format": _FORMAT,
            "date_offset_days": self.date_offset_days,
            "certain": sorted(self.certain),
            "things": things,
        }
        if self.surrogates:
            body["surrogates"] = self.surrogates
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
            made.certain = set(body["certain"])
            made.surrogates = dict(body.get("surrogates", {}))
            for kind, things in body["things"].items():
                for entry in things:
                    thing = made._new(Kind(kind))
                    thing.number = entry["number"]
                    for form in entry["forms"]:
                        made._tie(Kind(kind), form, thing)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise VaultProblem(
                "a crosswalk in the vault is damaged or of another version: restore it from a backup, "
                "or forget this client and run again"
            ) from None
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

    def _singles(self) -> list[str]:
        return [f for (kind, f) in self._form if kind == Kind.NAME and " " not in f]

    def _person(self, form: str, nicknames: Sequence[str]) -> _Thing | None:
        """Whom a new form names: a part of a full name, a nickname, a short form, a misspelling of somebody known."""
        parts = form.split()
        known = [(p, self._form.get((Kind.NAME, p))) for p in parts]
        if len(parts) > 1:
            first, last = known[0][1], known[-1][1]
            if first is not None:
                return first
            heard = skeleton("".join(parts))
            misheard = next(
                (f for f in self._singles() if len(f) > 4 and len(heard) > 1 and skeleton(f) == heard), None
            )
            if misheard and len(parts) == 2 and max(len(p) for p in parts) <= len(misheard):
                return self._form[(Kind.NAME, misheard)]
            alone = last is not None and all(len(f.split()) == 1 for f in last.forms) and len(last.forms) <= 2
            return last if alone else None
        for other in nicknames:
            if thing := self._form.get((Kind.NAME, other)):
                return thing
        singles = self._singles()
        if len(form) >= 3:
            shortened = [
                f
                for f in singles
                if (len(f) > len(form) and f.startswith(form))
                or (len(f) >= 4 and len(form) > len(f) and form.startswith(f))
            ]
            if len({id(self._form[(Kind.NAME, f)]) for f in shortened}) == 1:
                return self._form[(Kind.NAME, shortened[0])]
        close = misspelled(form, singles) or next(
            (f for f in singles if len(f) > 4 and len(form) > 4 and f[0] == form[0] and skeleton(f) == skeleton(form)),
            None,
        )
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
    people: list[tuple[str, str, list[str]]] = []
    for person_id, role, value in rows:
        parts = parts_of(value)
        same = [p for p in people if p[0] == person_id and p[1] == role]
        found = next((p for p in same if any(_is_one_person(parts, parts_of(other)) for other in p[2])), None)
        if found is None and len(parts) == 1 and same and len(same[-1][2]) == 1 and len(parts_of(same[-1][2][0])) > 1:
            found = same[-1]
        if found is None:
            people.append((person_id, role, [value]))
        else:
            found[2].append(value)
    return [p[2] for p in people]


def _is_one_person(a: Sequence[str], b: Sequence[str]) -> bool:
    """Two names are one person's where one is part of the other, or the surname is the same and one given name the
    beginning of the other (Cliff and Clifford)."""
    if not a or not b:
        return False
    if set(a) <= set(b) or set(b) <= set(a):
        return True
    short, full = sorted((a[0], b[0]), key=len)
    return len(a) > 1 and len(b) > 1 and a[-1] == b[-1] and len(short) >= 3 and full.startswith(short)

"""Surrogates: realistic names in place of placeholders, so that an identifier that was missed hides in plain sight.

A person gets a given name and a surname of like origin and sex, chosen with the client's secret key and kept in the
crosswalk; relatives who share a surname share its surrogate. Towns and institutions become others, dates move by the
client's offset. Numbers, addresses of the net, ages and rare work keep their placeholder: a number made up might be
somebody's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence, Set

from pipeline.identifiers import Kind, fold
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_origins import Origins
from pipeline.pseudonyms import Crosswalk
from pipeline.pseudonyms_dates import shifted

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TITLES = frozenset("dr mr mrs ms miss prof professor doctor rev sir mister".split())  # noqa: SIM905
_HEADS = ("organisations.head", "organisations.named_head", "places.road", "places.road_weak", "places.last")


class Surrogates:
    """The surrogates of one client. `taken` are folded names no surrogate may be: the roster and all that was heard."""

    def __init__(
        self,
        crosswalk: Crosswalk,
        *,
        key: bytes,
        days: int,
        lists: Lists,
        origins: Origins,
        taken: Set[str],
        known: Set[str],
    ) -> None:
        self._crosswalk, self._key, self._days, self._lists, self._origins = crosswalk, key, days, lists, origins
        self._taken, self._known = set(taken) | set(known), known

    def __repr__(self) -> str:
        return f"Surrogates({len(self._crosswalk.surrogates)})"

    def of(self, kind: Kind, words: str, number: int) -> str | None:
        """What stands in place of `words`, thing `number` of its kind; None where the placeholder has to stay."""
        if kind is Kind.NAME:
            return self._person(words, number)
        if kind is Kind.DATE:
            return shifted(words, self._days)
        if kind in (Kind.LOCATION, Kind.ORG):
            return self._place(words, kind, number)
        return None

    def write(self, kind: Kind, words: str, number: int) -> str:
        """The surrogate, or the placeholder where there is none."""
        return self.of(kind, words, number) or f"[{kind}_{number}]"

    # -- people

    def _person(self, words: str, number: int) -> str | None:
        parts = [m for m in _WORD.finditer(words) if fold(m.group()) not in _TITLES]
        if not parts:
            return None
        folded = [fold(m.group()).removesuffix("'s") for m in parts]
        letters = all(len(p) == 1 for p in folded)
        given, family = self._given(number, folded), self._family(number, folded)
        if given is None or family is None:
            return None
        if letters and len(parts) > 3:  # spelled out
            joint = words[parts[0].end() : parts[1].start()]
            spelled = joint.join(fold(given))
            return spelled.upper() if words[0].isupper() else spelled
        new = []
        for k, part in enumerate(folded):
            last = k == len(parts) - 1 and (len(parts) > 1 or self._is_family_name(number, part))
            name = family if last else given
            new.append(name[0] if len(part) == 1 else name)
        out = words
        for match, name in reversed(list(zip(parts, new, strict=True))):
            out = out[: match.start()] + _cased_like(name, match.group()) + out[match.end() :]
        return out

    def _is_family_name(self, number: int, part: str) -> bool:
        full = [f.split() for f in self._crosswalk.forms(Kind.NAME, number) if " " in f]
        if any(f[-1] == part for f in full):
            return True
        if any(f[0] == part for f in full):
            return False
        return part in self._lists.surnames and part not in self._lists.given

    def _given(self, number: int, folded: Sequence[str]) -> str | None:
        forms = sorted(self._crosswalk.forms(Kind.NAME, number), key=lambda f: (-len(f.split()), -len(f), f))
        model = next((f.split()[0] for f in forms if len(f.split()[0]) > 1), folded[0])
        return self._chosen(f"given {number}", model, self._origins.sex_of(model, self._lists))

    def _family(self, number: int, folded: Sequence[str]) -> str | None:
        full = sorted(f for f in self._crosswalk.forms(Kind.NAME, number) if " " in f)
        own = full[0].split()[-1] if full else folded[-1]
        return self._chosen(f"family {own}", own, "S")

    def _chosen(self, slot: str, model: str, part: str) -> str | None:
        """The surrogate of a slot: the one it has, or the first free name of the origin of `model`, in keyed order."""
        stored = self._crosswalk.surrogates.get(slot)
        if stored is not None and fold(stored) not in self._known:
            return stored
        origin, parts = self._origins.origin_of(model), ("F", "M") if part == "U" else (part,)
        near = [n for p in parts for n in self._origins.names.get((origin, p), ())]
        far = [n for o in self._origins.groups for p in parts for n in self._origins.names.get((o, p), ())]
        return self._take(slot, near) or self._take(slot, far)

    # -- places and institutions

    def _place(self, words: str, kind: Kind, number: int) -> str | None:
        found = [m.group() for m in _WORD.finditer(words)]
        heads: list[str] = []
        while len(found) > 1 and any(self._lists.has(h, fold(found[-1])) for h in _HEADS):
            heads.insert(0, found.pop())
        coded = re.search(r"\d", words) or any(len(w) == 1 for w in found)
        if not found or (coded and not heads):
            return None
        slot = f"{kind} {number}"
        name = self._crosswalk.surrogates.get(slot) or self._take(slot, self._towns())
        if name is None:
            return None
        return " ".join([_cased_like(name, found[-1]), *heads])

    def _towns(self) -> list[str]:
        lists = self._lists
        plain = (p for p in lists.places if p.isalpha() and 4 < len(p) < 11 and not lists.level(p))
        return [p.capitalize() for p in plain if p not in lists.given and p not in lists.surnames]

    def _take(self, slot: str, names: Iterable[str]) -> str | None:
        used = {fold(n) for n in self._crosswalk.surrogates.values()} | self._taken
        free = (n for n in set(names) if fold(n) not in used)
        found = min(free, key=lambda n: hmac.digest(self._key, f"{slot}|{n}".encode(), hashlib.sha256), default=None)
        if found is not None:
            self._crosswalk.surrogates[slot] = found
        return found


def _cased_like(name: str, old: str) -> str:
    if old.isupper() and len(old) > 1:
        return name.upper()
    return name if old[0].isupper() else name.casefold()

"""Where a name comes from: lists of names by origin and sex, and a guess for a name that is on none.

Used to choose surrogates of like origin and to report recall by origin; no recogniser asks it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.errors import LexiconProblem
from pipeline.identifiers import fold
from pipeline.identifiers_lists import FOLDER, Lists


@dataclass(frozen=True, slots=True)
class Origins:
    """Names as they are written, by (origin, part); part is F or M for given names and S for surnames."""

    names: Mapping[tuple[str, str], tuple[str, ...]] = field(repr=False)
    _pieces: Mapping[str, Counter[str]] = field(repr=False)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(sorted(self._pieces))

    def origin_of(self, name: str) -> str:
        """The origin whose names look most like this one; the list it stands on, where it stands on one only."""
        word = fold(name)
        on = {o for (o, _), listed in self.names.items() if word in map(fold, listed)}
        return max(sorted(on) or self.groups, key=lambda o: self._likeness(word, o))

    def sex_of(self, name: str, lists: Lists) -> str:
        """F, M, or U where nothing tells."""
        word = fold(name)
        found = {part for (_, part), listed in self.names.items() if part != "S" and word in map(fold, listed)}
        if len(found) == 1:
            return found.pop()
        return lists.sex.get(word, "U")

    def _likeness(self, word: str, origin: str) -> float:
        pieces = self._pieces[origin]
        total = sum(pieces.values())
        return sum(math.log((pieces[p] + 0.1) / (total + 1000)) for p in _pieces_of(word))


def _pieces_of(word: str) -> list[str]:
    edged = f"^{word}$"
    return [edged[i : i + 3] for i in range(len(edged) - 2)]


@lru_cache(maxsize=2)
def read_origins(folder: Path = FOLDER) -> Origins:
    """Read names_by_origin.txt once a process. LexiconProblem where it is missing or broken."""
    names: dict[tuple[str, str], tuple[str, ...]] = {}
    pieces: dict[str, Counter[str]] = {}
    try:
        for line in (folder / "names_by_origin.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                origin, part, listed = line.split("\t")
                names[origin, part] = tuple(listed.split())
                for name in listed.split():
                    pieces.setdefault(origin, Counter()).update(_pieces_of(fold(name)))
    except (OSError, ValueError):
        raise LexiconProblem(
            "lexicons/identifiers/names_by_origin.txt cannot be read: restore it from the repository"
        ) from None
    return Origins(names, pieces)

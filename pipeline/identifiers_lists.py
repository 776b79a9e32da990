"""The word lists behind the recognisers, read from lexicons/identifiers (licences: LICENCES.md there)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import LexiconProblem
from pipeline.identifiers import fold

FOLDER = Path(__file__).resolve().parent.parent / "lexicons" / "identifiers"
_CONTRACTION = re.compile(r"(?:'?(?:s|t|re|ve|ll|d|m|em|n))*|clock")
_ENDINGS = ("s", "ish", "ness", "less", "like", "wise", "ll", "d", "ve", "ing", "able")
_CONTRACTED = ("ll", "d", "ve")
_PREFIXES = tuple(
    "un re over under non pre post anti mis dis self super ex out inter multi micro mega psycho neuro".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything the recognisers know about words. All keys are folded (no case, no accents)."""

    words: Mapping[str, int]  # English words → level of commonness, 10 (commonest) … 70
    given: Mapping[str, int]  # given names → weight, 10 x log10 of bearers
    sex: Mapping[str, str]
    surnames: Mapping[str, int]
    places: frozenset[str]
    place_phrases: Mapping[str, tuple[tuple[str, ...], ...]]  # first word → names of several words
    word_places: frozenset[str]  # towns whose single name is an English word
    nicknames: Mapping[str, frozenset[str]]
    medicines: frozenset[str]
    spoken: frozenset[str]  # words of talk: how people sound, dialect; never weighed as a name unless listed as one
    safe: frozenset[str]  # days, peoples, languages, brands …: may stand in capitals
    phrases: Mapping[str, tuple[tuple[str, ...], ...]]  # first word → public figures and safe phrases
    cues: Mapping[str, frozenset[str]]

    def has(self, cue: str, word: str) -> bool:
        """Is the word in a table of cues.toml? `cue` is table.key."""
        return word in self.cues[cue]

    def level(self, word: str) -> int:
        """Commonness of an English word, 10 … 70; 0 where no list knows it, also not with an ending."""
        found = self.words.get(word)
        if found:
            return found
        if word in self.safe:
            return 10
        if word in self.given or word in self.surnames or word in self.places:
            return 0
        if "'" in word:
            stem, _, ending = word.partition("'")
            if not _CONTRACTION.fullmatch(ending):
                return 0
            return self.words.get(stem, 0) or (10 if stem in self.safe else 0)
        return 60 if self.is_derived(word) else 0

    def is_derived(self, word: str) -> bool:
        """Made of a common English word with an ending or a beginning ("lates", "talkin", "resummarize"), listed itself
        nowhere. Rare stems count for nothing: names are full of them (Nils, Conor)."""
        if not word.isascii():
            return False
        if word.endswith("in") and 0 < self.words.get(word + "g", 0) <= 20:
            return True
        for ending in _ENDINGS:
            stem = word.removesuffix(ending)
            least, commonest = (2 if self.words.get(stem, 99) == 10 else 5, 20) if ending in _CONTRACTED else (4, 35)
            if least <= len(stem) < len(word) and 0 < self.words.get(stem, 0) <= commonest:
                return True
            if ending == "s" and len(stem) > 2 and stem in self.safe and stem != word:
                return True
        for prefix in _PREFIXES:
            stem = word.removeprefix(prefix)
            if 4 <= len(stem) < len(word) and 0 < self.words.get(stem, 0) <= 35:
                return True
        return False

    def is_medicine(self, word: str) -> bool:
        return word in self.medicines or (
            len(word) > 6 and word not in self.given and word.endswith(tuple(self.cues["medicine.endings"]))
        )


def _lines(folder: Path, name: str) -> Iterator[str]:
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except OSError:
        raise LexiconProblem(f"lexicons/identifiers/{name} cannot be read: restore it from the repository") from None
    return (line for line in text.splitlines() if line and (not line.startswith("#") or line.startswith("## ")))


def _phrases(entries: list[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    out: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        parts = tuple(fold(entry).replace(".", " ").replace("-", " ").replace("_", " ").split())
        if parts:
            out.setdefault(parts[0], []).append(parts)
    return {k: tuple(sorted(v, key=len, reverse=True)) for k, v in out.items()}


@lru_cache(maxsize=4)
def read_lists(folder: Path = FOLDER) -> Lists:
    """Read all lists once a process (about 0.2 s). LexiconProblem names the file that is missing or broken."""
    words: dict[str, int] = {}
    level = 10
    for line in _lines(folder, "words.txt"):
        if line.startswith("## "):
            level = int(line[3:])
        else:
            words[line] = level
    spoken = frozenset(fold(word) for line in _lines(folder, "spoken_words.txt") for word in line.split())
    for word in spoken:
        words[word] = min(words.get(word, 20), 20)
    given: dict[str, int] = {}
    sex: dict[str, str] = {}
    for line in _lines(folder, "given_names.txt"):
        name, weight, s = line.split("\t")
        given[name], sex[name] = int(weight), s
    for word in spoken:  # "theres" and "nana" were given as names, too, but talk is full of them
        if given.get(word, 0) < 46:
            given.pop(word, None)
    for line in _lines(folder, "more_names.txt"):
        for name in line.split():
            given[name] = max(given.get(name, 0), 36)
    surnames = {n: int(w) for n, w in (line.split("\t") for line in _lines(folder, "surnames.txt"))}
    nicknames = {n: frozenset(v.split()) for n, v in (line.split("\t") for line in _lines(folder, "nicknames.txt"))}
    places = list(_lines(folder, "places.txt"))
    word_places = list(_lines(folder, "word_places.txt"))
    look_alikes = [w for line in _lines(folder, "look_alikes.txt") for w in line.split()]
    figures = list(_lines(folder, "public_figures.txt"))
    try:
        tables = tomllib.loads((folder / "cues.toml").read_text(encoding="utf-8"))
        cues = {
            f"{table}.{key}": frozenset(
                w.replace("-", " ") if " " in w else w for w in (v if isinstance(v, list) else v.split())
            )
            for table, keys in tables.items()
            if isinstance(keys, dict)
            for key, v in keys.items()
        }
    except (OSError, tomllib.TOMLDecodeError):
        raise LexiconProblem("lexicons/identifiers/cues.toml cannot be read: restore it from the repository") from None
    for word in cues["talk.kin"]:  # "stepmum" is no name, though no dictionary has it
        words.setdefault(word, 20)
    return Lists(
        words=words,
        given=given,
        sex=sex,
        surnames=surnames,
        places=frozenset(p for p in places if " " not in p),
        place_phrases=_phrases([p for p in places + word_places if " " in p]),
        word_places=frozenset(p for p in word_places if " " not in p),
        nicknames=nicknames,
        medicines=frozenset(w for line in _lines(folder, "medicines.txt") for w in line.split()),
        spoken=spoken,
        safe=frozenset(fold(w) for w in look_alikes if "_" not in w),
        phrases=_phrases(figures + [w for w in look_alikes if "_" in w]),
        cues=cues,
    )

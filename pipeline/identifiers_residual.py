"""The second look at a finished text, by other means than the first: no cues, no model, only what should not be there
any more.

Counts what is left: forms of the crosswalk, long runs of digits, addresses of the net, given names that are no words,
words in capitals inside a sentence, words no list knows. Each kind carries a weight (how often such a find is a leak,
roughly); the risk is the chance that at least one of them is: 1 - exp(-sum of weights x finds).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from pipeline.identifiers import fold
from pipeline.identifiers_lists import Lists

WEIGHTS = {
    "known_form": 1.5,
    "net": 1.5,
    "digits": 1.0,
    "spoken_digits": 0.7,
    "title": 0.6,
    "given_name": 0.5,
    "unknown_capital": 0.35,
    "unknown_word": 0.02,
}
RISK_LIMIT = 0.6

_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_DIGITS = re.compile(r"(?<![\w.,£$€])(?:\d[\s.\-/]?){6,}")
_SAID = r"(?:oh|zero|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPOKEN = re.compile(rf"\b{_SAID}(?:[\s,]+{_SAID}){{4,}}\b", re.IGNORECASE)
_NET = re.compile(r"\S@\S|https?://|\bwww\.|\b\w+ dot (?:com|org|net|co|uk)\b", re.IGNORECASE)
_TITLE = re.compile(r"\b(?:mr|mrs|doctor|dr|miss)\.?\s+([^\W\d_]{3,})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Residue:
    """What the second look found: how likely a leak is, how many finds of each kind, in which turns. No words."""

    risk: float
    finds: tuple[tuple[str, int], ...]
    turn_nos: tuple[int, ...]


def second_look(texts: Sequence[str], turn_nos: Sequence[int], known_forms: Set[str], lists: Lists) -> Residue:
    """The residual risk of a de-identified session, 0 … 1. `known_forms` are folded names that must not be left
    anywhere."""
    finds: Counter[str] = Counter()
    where: set[int] = set()
    has_capitals = sum(any(c.isupper() for c in _PLACEHOLDER.sub("", t)) for t in texts) > len(texts) / 2
    names = {f for f in known_forms if not lists.level(f)}
    for text, no in zip(texts, turn_nos, strict=True):
        bare = _PLACEHOLDER.sub(" , ", text)
        seen: Counter[str] = Counter()
        seen["digits"] = len(_DIGITS.findall(bare))
        seen["spoken_digits"] = len(_SPOKEN.findall(bare))
        seen["net"] = len(_NET.findall(bare))
        safe = _spared(bare, lists)
        for match in _TITLE.finditer(bare):
            follower = fold(match.group(1))
            seen["title"] += follower not in safe and not lists.level(follower)
        for match in _WORD.finditer(bare):
            word = fold(match.group()).removesuffix("'s")
            inside = bool(re.search(r"[\w,;]\s*$", bare[max(0, match.start() - 3) : match.start()]))
            if word in safe or len(word) < 2:
                continue
            said_as_name = has_capitals and inside and match.group()[0].isupper() and word in known_forms
            if word in names or said_as_name:
                seen["known_form"] += 1
            elif lists.level(word) or _is_compound(word, lists):
                continue
            elif word in lists.given:
                seen["given_name"] += 1
            elif has_capitals and inside and match.group()[0].isupper() and not match.group().isupper():
                seen["unknown_capital"] += 1
            elif not match.group().isupper():
                seen["unknown_word"] += 1
        finds += seen
        if any(n for kind, n in seen.items() if kind != "unknown_word"):
            where.add(no)
    load = sum(WEIGHTS[kind] * n for kind, n in finds.items())
    return Residue(1 - math.exp(-load), tuple(sorted((k, n) for k, n in finds.items() if n)), tuple(sorted(where)))


def _is_compound(word: str, lists: Lists) -> bool:
    """ "C-section", "I-I'd", "pre-law": hyphens between words and short pieces."""
    parts = word.split("-")
    return len(parts) > 1 and all(len(part) <= 3 or lists.level(part) for part in parts)


def _spared(text: str, lists: Lists) -> set[str]:
    """Words of this text that are public figures, medicines or other look-alikes."""
    words = [fold(w).removesuffix("'s") for w in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)]
    spared = {w for w in words if w in lists.safe or lists.is_medicine(w)}
    for i, word in enumerate(words):
        for phrase in lists.phrases.get(word, ()):
            if tuple(words[i : i + len(phrase)]) == phrase:
                spared |= set(phrase)
    return spared

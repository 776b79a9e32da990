"""The second look at a finished text, by other means than the first: no cues, no model, only what should not be there
any more.

Counts what is left: forms of the crosswalk, long runs of digits, addresses of the net, given names that are no words,
words in capitals inside a sentence, words no list knows, turns that are not English. Each kind carries a weight (how
often such a find is a leak, roughly); the risk is 1 - exp(-sum of weights x finds), the chance of a leak if finds were
independent. It orders sessions and stops bad ones; the leak rate itself is what `alliance audit` measures.

The recognisers know English. A text in another language is full of unknown words, so most of it would be replaced and
the rest look clean: such a session has risk 1, whatever is left of it. English talk of 140 real sessions was .88 to .97
common words; German and Spanish reach .16.
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
    "foreign_turn": 0.4,
}
RISK_LIMIT = 0.6
COMMON_LEAST = 0.6  # share of the words that are common English ones, below which a session is not English
REPLACED_MOST = 0.3  # share of the words replaced, above which too little is left to trust
_COMMON_LEVEL = 20  # of words.txt
_ENOUGH_WORDS = 20  # shares of fewer words say nothing
_TURN_WORDS = 8

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
    share_replaced: float = 0.0
    share_common: float = 1.0
    foreign: bool = False  # another language, or so much replaced that nothing can be trusted


def second_look(
    texts: Sequence[str],
    turn_nos: Sequence[int],
    known_forms: Set[str],
    lists: Lists,
    *,
    before: Sequence[str] = (),
) -> Residue:
    """The residual risk of a de-identified session, 0 … 1.

    `texts` carry placeholders; `known_forms` are folded names that must not be left anywhere; `before` are the texts as
    they came, from which the shares of common and of replaced words are taken.
    """
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
    counted = [_common(text, lists) for text in before]
    for (common, n), no in zip(counted, turn_nos, strict=False):
        if n >= _TURN_WORDS and common < 0.4 * n:
            finds["foreign_turn"] += 1
            where.add(no)
    n_words = sum(n for _, n in counted)
    kept = sum(len(_WORD.findall(_PLACEHOLDER.sub(" ", text))) for text in texts)
    n_before = sum(len(_WORD.findall(text)) for text in before)
    common_share = sum(c for c, _ in counted) / n_words if n_words else 1.0
    replaced_share = max(0.0, 1 - kept / n_before) if n_before else 0.0
    foreign = (n_words >= _ENOUGH_WORDS and common_share < COMMON_LEAST) or (
        n_words >= 5 * _ENOUGH_WORDS and replaced_share > REPLACED_MOST
    )
    load = sum(WEIGHTS[kind] * n for kind, n in finds.items())
    return Residue(
        1.0 if foreign else 1 - math.exp(-load),
        tuple(sorted((k, n) for k, n in finds.items() if n)),
        tuple(sorted(where)),
        replaced_share,
        common_share,
        foreign,
    )


def _common(text: str, lists: Lists) -> tuple[int, int]:
    """How many words of a text are common English ones, and how many words there are."""
    words = [w for w in (fold(m.group()) for m in _WORD.finditer(text)) if len(w) > 1]
    return sum(0 < lists.words.get(w, 0) <= _COMMON_LEVEL for w in words), len(words)


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

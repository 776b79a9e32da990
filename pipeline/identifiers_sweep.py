"""The sweep of places and institutions: a phrase shown once in a client's sessions is looked for in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.identifiers import Identifier, Kind, Reading
from pipeline.identifiers_lists import Lists


def phrases_of(reading: Reading, found: Sequence[Sequence[Identifier]]) -> Counter[tuple[tuple[str, ...], Kind]]:
    """Folded places and institutions of two words or more, with how often each was found."""
    out: Counter[tuple[tuple[str, ...], Kind]] = Counter()
    for turn, ones in zip(reading.tokens, found, strict=True):
        for one in ones:
            if one.kind in (Kind.LOCATION, Kind.ORG):
                words = tuple(t.fold for t in turn if one.start <= t.start < one.end)
                if len(words) > 1 and not any(w.isdigit() for w in words):
                    out[words, one.kind] += 1
    return out


def worth_sweeping(phrases: Counter[tuple[tuple[str, ...], Kind]], lists: Lists) -> set[tuple[tuple[str, ...], Kind]]:
    """Phrases with a word that is not common, or found twice: a mistake made once must not spread over a session."""
    rare = {p for p in phrases if any(lists.level(w) == 0 or lists.level(w) >= 35 for w in p[0])}
    return rare | {p for p, n in phrases.items() if n > 1}


def sweep(reading: Reading, phrases: Iterable[tuple[tuple[str, ...], Kind]]) -> list[list[Identifier]]:
    """Where these phrases stand, turn by turn, in either case."""
    by_first: dict[str, list[tuple[tuple[str, ...], Kind]]] = {}
    for words, kind in sorted(phrases, key=lambda p: (-len(p[0]), p[0], p[1])):
        by_first.setdefault(words[0], []).append((words, kind))
    out: list[list[Identifier]] = []
    for turn in reading.tokens:
        found = []
        for i, token in enumerate(turn):
            for words, kind in by_first.get(token.fold, ()):
                k = i + len(words)
                if tuple(t.fold for t in turn[i:k]) == words and not any(t.opens for t in turn[i + 1 : k]):
                    found.append(Identifier(token.start, turn[k - 1].end, kind, "swept"))
                    break
        out.append(found)
    return out

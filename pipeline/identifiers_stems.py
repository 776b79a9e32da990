"""The name inside a word ("yusufs"), and what the model says of each word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Set

from pipeline.identifiers import Reading, Token
from pipeline.identifiers_lists import Lists

PLACE_LABELS = frozenset({"GPE", "LOC", "FAC"})
LISTED = 36  # weight from which a name in the lists is common enough to be looked for among words


def stem(token: Token, lists: Lists, names: Set[str] = frozenset()) -> tuple[str, int]:
    """The name in a word and where it ends: speech recognition writes possessives without apostrophe ("yusufs")."""
    word, bare = token.fold, token.fold[:-1]
    if len(word) <= 3 or not word.endswith("s") or word in lists.words:
        return word, token.end
    listed = word in lists.given or word in lists.surnames or word in lists.places
    if lists.given.get(bare, 0) >= LISTED and lists.given.get(word, 0) < lists.given[bare]:
        return bare, token.end - 1
    if not listed and not lists.level(word) and (bare in lists.given or bare in lists.surnames or bare in names):
        return bare, token.end - 1
    return word, token.end


def model_labels(reading: Reading, n: int) -> list[str]:
    """The model's label for each token of turn n, "" where it sees nothing."""
    labels = [""] * len(reading.tokens[n])
    starts = [token.start for token in reading.tokens[n]]
    for start, end, label in reading.entities[n] if reading.entities else ():
        for i in range(bisect_left(starts, start), len(starts)):
            if reading.tokens[n][i].end > end:
                break
            labels[i] = label
    return labels

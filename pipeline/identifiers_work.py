"""Work or standing so rare that it names a person: "the only Nigerian crane driver on the harbour", "the mayor of
…"."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists

_LINKS = frozenset(["in", "on", "at", "of", "from", "for"])
_ARTICLES = frozenset(["the", "our", "this", "that"])
_OWN = frozenset(["i'm", "im", "am", "was", "as", "i've", "became", "become", "we're", "were"])


def find_work(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Spans of the kind PROFESSION."""
    out = []
    for turn in reading.tokens:
        found = []
        for i in range(len(turn)):
            for rule in (only_one_at, office_at):
                span = rule(turn, i, lists)
                if span:
                    found.append(Identifier(turn[span[0]].start, turn[span[1]].end, Kind.PROFESSION, "rare_work"))
        out.append(found)
    return out


def only_one_at(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "the only" + origin, faith, sex or the like + one to three words, with "on the harbour" where it follows."""
    if (
        turn[i].fold != "the"
        or i + 3 >= len(turn)
        or turn[i + 1].fold not in ("only", "first")
        or turn[i + 2].fold not in lists.cues["people.demonyms"]
    ):
        return None
    j = i + 3
    while (
        j < len(turn) and j < i + 6 and not turn[j].opens and turn[j].fold not in _LINKS and turn[j].fold not in _STOP
    ):
        j += 1
    if j == i + 3 or (
        turn[j - 1].fold in ("one", "thing", "food", "man", "woman", "person", "guy", "kid")
        and (j >= len(turn) or turn[j].fold not in _LINKS)
    ):
        return None
    last = j - 1
    if turn[i + 1].fold == "first" and (j >= len(turn) or turn[j].fold not in _LINKS):
        return None
    if j < len(turn) and turn[j].fold in _LINKS and not turn[j].opens:
        k = j + 1
        if k < len(turn) and turn[k].fold in _ARTICLES:
            k += 1
        if k < len(turn) and not turn[k].opens:
            last = k
    return i, last


_FIRSTS = frozenset(
    [
        "youngest",
        "oldest",
        "first",
        "only",
        "last",
        "longest",
        "serving",
        "ever",
        "female",
        "black",
        "asian",
        "gay",
        "former",
        "current",
        "lord",
        "lady",
    ]
)
_STOP = frozenset(
    [
        "i",
        "you",
        "he",
        "she",
        "we",
        "they",
        "it",
        "and",
        "but",
        "so",
        "who",
        "that",
        "because",
        "when",
        "if",
        "is",
        "was",
        "are",
        "were",
        "do",
        "did",
        "can",
        "will",
        "would",
        "there",
        "here",
        "right",
        "really",
    ]
)


def office_at(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "the mayor of X", "I'm the coroner for X": an office only one person holds, with its place."""
    if turn[i].fold not in lists.cues["people.rare_work"] or i == 0 or i + 2 >= len(turn):
        return None
    first = i  # "the youngest ever mayor of …"
    while first > 0 and i - first < 3 and turn[first - 1].fold in _FIRSTS:
        first -= 1
    if not first or turn[first - 1].fold not in ("the", "a", "an", "deputy", "as", "elected"):
        return None
    if turn[i + 1].fold not in ("of", "for", "in") or turn[i + 1].opens or turn[i + 2].opens:
        return None
    own = any(t.whole in _OWN or t.fold in lists.cues["talk.kin"] for t in turn[max(0, first - 5) : first])
    last = i + 2 + (turn[i + 2].fold in _ARTICLES and i + 3 < len(turn))
    return (first, last) if own else None

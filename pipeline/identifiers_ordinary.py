"""Towns and institutions made of ordinary words, in text without capitals: "grew up in hook", "the bath office",
"works at bright horizons".

Nothing in the words themselves tells; what stands before must want a place or an employer, and what follows must not go
on with a noun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_rules import Rule, Span, find_by_rules

_LONGEST = 4


def find_ordinary(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Places and institutions in turns without capitals, shown by what is said around them."""
    return find_by_rules(reading, lists, _RULES)


def town_after(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "grew up in hook", "over in many farms", "moved to white city", "near seven kings": begins at i."""
    if not wants_place(turn, i, lists) or lists.has("places.unnamed", turn[i].whole):
        return None
    going = turn[i - 1].whole == "to" and turn[i - 2].whole in ("go", "going", "goes", "went", "back", "us", "me", "it")
    for size in range(min(_LONGEST, len(turn) - i), 0, -1):
        words = turn[i : i + size]
        if any(t.pause for t in words[1:]) or words[-1].end != words[-1].stop or not _ends(turn, i + size, lists):
            continue
        if _is_town(words, lists, verb=going):
            return i, i + size - 1
    return None


def wants_place(turn: Sequence[Token], i: int, lists: Lists) -> bool:
    """Does what stands before token i want the name of a place? "live in", "over in", "drove him out to", "near"."""
    before = turn[i - 1].whole
    if turn[i].pause or i < 2 or turn[i - 1].opens:
        return False
    back = [t.whole for t in turn[max(0, i - 5) : i - 1]][::-1]
    if before in ("in", "near", "outside", "from"):
        if lists.has("places.dwell", back[0]):
            return True
        return before == "in" and back[0] in ("away", "across", "round")
    if before == "to":
        while back and lists.has("places.travel_whom", back[0]):
            if lists.has("places.travel", back[0]):
                return True
            back = back[1:]
        return bool(back) and lists.has("places.travel", back[0])
    return False


def _is_town(words: Sequence[Token], lists: Lists, *, verb: bool) -> bool:
    folded = tuple(t.fold for t in words)
    first = words[0].whole
    if len(words) == 1:
        if verb and (first in lists.word_places or lists.level(first) == 10):
            return False
        if lists.has("places.anywhere", first) or words[0].number or lists.has("places.after", first):
            return False
        return first in lists.word_places or (first in lists.places and lists.level(first) >= 20)
    if folded in lists.place_phrases.get(folded[0], ()):
        return True
    inner = words[1:-1] if lists.has("places.beginnings", first) else words[:-1]
    plain = any(
        t.number
        or lists.has("places.unnamed", t.whole)
        or lists.has("places.after", t.whole)
        or lists.has("places.anywhere", t.whole)
        for t in inner
    )
    return len(words) <= 3 and not plain and lists.has("places.ends", words[-1].whole)


def branch_of_town(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "the bath office is closing": a town before a word for one of several seats."""
    word = turn[i].whole
    if i + 1 >= len(turn) or turn[i + 1].pause or not lists.has("places.branch", turn[i + 1].whole):
        return None
    town = word in lists.places or word in lists.word_places
    plain = lists.has("places.anywhere", word) or lists.has("organisations.sort", word) or lists.level(word) <= 10
    return (i, i) if town and (not plain or word in _OFTEN_TOWNS) else None


def well_known_at(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """Institutions known by name; those that are ordinary words only where one can be: "in priory for six weeks"."""
    known = lists.cues["organisations.well_known"]
    for size in (4, 3, 2, 1):
        words = turn[i : i + size]
        if len(words) == size and " ".join(t.fold for t in words) in known and not any(t.opens for t in words[1:]):
            return i, i + size - 1
    at = turn[i - 1].whole in ("at", "in", "from", "to") or _is_work(turn, i, lists)
    at = at or (turn[i - 1].whole == "the" and i > 1 and turn[i - 2].whole in ("at", "in", "from", "to"))
    named = lists.has("organisations.well_known_word", turn[i].whole) and _ends(turn, i + 1, lists)
    return (i, i) if at and named else None


_OFTEN_TOWNS = frozenset(["bath", "reading", "deal", "wells", "rugby", "hull"])


def institution_after(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "goes to long meadow surgery", "at silver birch lodge", "referred me to the bridge centre": begins at i."""
    works = _is_work(turn, i, lists)
    if not works and not _is_at(turn, i, lists):
        return None
    for size in range(2, min(_LONGEST, len(turn) - i) + 1):
        words = turn[i : i + size]
        if any(t.pause for t in words[1:]):
            return None
        two = f"{words[-2].whole} {words[-1].whole}"
        end = 2 if two in lists.cues["organisations.named_end"] else 1
        if end == 1 and not lists.has("organisations.named_head", words[-1].whole):
            continue
        following = turn[i + size] if i + size < len(turn) and not turn[i + size].pause else None
        if following and size < _LONGEST and lists.has("organisations.named_head", following.whole):
            continue
        name = words[:-end]
        if not name or any(t.number or t.end != t.stop for t in name):
            return None
        if all(lists.has("organisations.sort", t.whole) or t.fold in lists.safe for t in name):
            return None
        if any(lists.has("addresses.stop", t.whole) and t.whole not in _IN_NAMES for t in name):
            return None
        weak = end == 1 and lists.has("organisations.named_weak", words[-1].whole)
        sort = lists.has("organisations.sort", name[-1].whole) or lists.has("addresses.generic", name[-1].whole)
        if weak and (sort or (len(name) == 1 and not works and turn[i - 1].whole != "the" and name[0].fold in _ROOMS)):
            return None
        return i, i + size - 1
    return None


_IN_NAMES = frozenset(["new", "old", "three", "two", "first", "cross", "of"])
_ROOMS = frozenset(["dance", "dining", "bath", "lecture", "music", "swimming", "waiting", "locker", "sitting", "steak"])


def employer_after(turn: Sequence[Token], i: int, lists: Lists) -> tuple[int, int] | None:
    """ "work at bright horizons", "drove buses for stagecoach": one or two words that are no sort of work."""
    if not _is_work(turn, i, lists) or turn[i - 1].whole == "the":
        return None
    for size in (3, 2, 1):
        words = turn[i : i + size]
        if len(words) < size or any(t.pause for t in words[1:]) or not _ends(turn, i + size, lists):
            continue
        if any(t.number or lists.has("organisations.services", t.whole) or t.fold in lists.safe for t in words):
            continue
        if any(lists.has("addresses.stop", t.whole) or lists.has("places.after", t.whole) for t in words):
            continue
        if lists.has("places.anywhere", words[0].whole) or words[-1].whole.endswith(("ology", "ing", "ly", "iatry")):
            continue
        if all(lists.has("organisations.sort", t.whole) for t in words):
            continue
        return i, i + size - 1
    return None


def _is_work(turn: Sequence[Token], i: int, lists: Lists) -> bool:
    """Token i follows "works at", "job with", "referred me to", perhaps with an article."""
    k = i - (turn[i - 1].whole == "the")
    if k < 2 or turn[i].pause:
        return False
    if f"{turn[k - 2].fold} {turn[k - 1].fold}" in lists.cues["organisations.works"]:
        return True
    who = k >= 3 and turn[k - 2].whole in ("me", "him", "her", "us", "them")
    return bool(who) and f"{turn[k - 3].fold} {turn[k - 1].fold}" in lists.cues["organisations.works"]


def _is_at(turn: Sequence[Token], i: int, lists: Lists) -> bool:
    k = i - (turn[i - 1].whole == "the")
    if k <= 0 or turn[i].pause:
        return False
    gone = turn[k - 1].whole == "to" and k > 1 and lists.has("places.travel", turn[k - 2].whole)
    return gone or turn[k - 1].whole in ("at", "from", "in", "on")


def _ends(turn: Sequence[Token], k: int, lists: Lists) -> bool:
    """No noun goes on at token k."""
    return k >= len(turn) or turn[k].pause or lists.has("places.after", turn[k].whole)


def _heard(rule: Callable[[Sequence[Token], int, Lists], Span | None]) -> Rule:
    """A rule for text without capitals, inside a sentence."""

    def at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
        return None if cased or not i or turn[i].opens else rule(turn, i, lists)

    return at


_RULES = (
    ("ordinary_town", _heard(town_after), Kind.LOCATION),
    ("branch", _heard(branch_of_town), Kind.ORG),
    ("well_known", _heard(well_known_at), Kind.ORG),
    ("ordinary_institution", _heard(institution_after), Kind.ORG),
    ("ordinary_employer", _heard(employer_after), Kind.ORG),
)

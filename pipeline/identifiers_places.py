"""Addresses, streets and towns of more than one word.

A street is found by the word at its end ("… Road"), a town in the gazetteer or by an unknown word where a place is
spoken of.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_rules import find_by_rules


def find_places(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Streets, addresses and towns of more than one word."""
    return find_by_rules(reading, lists, _RULES)


def is_proper(token: Token, cased: bool, lists: Lists, rarest: int = 35) -> bool:
    """Could this word be the proper part of a name of a place? Capital where capitals count, else not an everyday
    word."""
    if token.number or lists.has("addresses.plain", token.whole) or len(token.fold) < 2:
        return False
    if cased:
        return token.capital
    level = lists.level(token.whole)
    return (
        level == 0 or level >= rarest or (token.whole in lists.places and not lists.has("addresses.stop", token.whole))
    )


def street_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """ "Roundhay Road", "eighteen Goodison Place", "8th Cross", and bare "county road" where no article makes it any
    road."""
    head = turn[i].fold
    strong = lists.has("places.road", head)
    if (
        i == 0
        or not (strong or lists.has("places.road_weak", head))
        or turn[i].opens
        or (cased and not turn[i].capital)
    ):
        return None
    first = i
    while (
        first > 0
        and i - first < 3
        and is_proper(turn[first - 1], cased, lists, 20 if strong else 35)
        and not turn[first].opens
    ):
        first -= 1
    number = first
    while (
        number > 0
        and first - number < 3
        and not turn[number].opens
        and (turn[number - 1].number or lists.has("addresses.numbers", turn[number - 1].fold))
    ):
        number -= 1
    if cased and first < i:
        return number, i
    if (
        turn[i - 1].number
        and not turn[i - 1].whole.isdigit()
        and turn[i - 1].whole.endswith(("st", "nd", "rd", "th"))
        and (cased or strong)
    ):
        return i - 1, i
    if (
        turn[i - 1].number
        and head in ("cross", "main", "street", "avenue")
        and turn[i - 1].whole.endswith(("st", "nd", "rd", "th"))
    ):
        return i - 1, i
    if first < i and (strong or lists.level(turn[i - 1].fold) == 0):
        return number, i
    if number < first and first < i:
        return number, i
    before = turn[i - 1]
    if not cased and not lists.has("addresses.plain", before.whole) and i >= 2:
        numbered = turn[i - 2].number or lists.has("addresses.numbers", turn[i - 2].fold)
        bare = lists.has("places.before", turn[i - 2].fold) or lists.has("addresses.bare", turn[i - 2].fold)
        if numbered and (strong or (i >= 3 and lists.has("addresses.address", turn[i - 3].whole))):
            return i - 2, i
        named = (
            strong
            or before.fold in lists.places
            or before.fold in lists.surnames
            or lists.given.get(before.fold, 0) >= 36
        )
        if bare and named and not (lists.has("addresses.common_head", head) and lists.level(before.fold) == 10):
            return i - 1, i
    return None


def town_with_more(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """In lower case: "to cottesloe beach", "in chapel allerton": an unknown word and a common one that is part of the
    town."""
    if (
        cased
        or not i
        or lists.level(turn[i].whole)
        or turn[i].number
        or len(turn[i].fold) < 3
        or turn[i].fold in lists.safe
    ):
        return None
    first = last = i
    if (
        i > 1
        and lists.has("places.first", turn[i - 1].whole)
        and not turn[i].pause
        and lists.has("places.before", turn[i - 2].whole)
    ):
        first = i - 1 if turn[i - 1].whole != "the" else i
    after = turn[i + 1] if i + 1 < len(turn) and not turn[i + 1].pause else None
    if after and lists.has("places.last", after.whole) and lists.has("places.before", turn[first - 1].whole):
        last = i + 1
    return (first, last) if last > first else None


def ward_of_compass(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """In lower case: "at east glam", "in the north xyz": a direction and a word that is not common."""
    if (
        cased
        or turn[i].fold not in ("north", "south", "east", "west")
        or i == 0
        or i + 1 >= len(turn)
        or turn[i + 1].opens
    ):
        return None
    before = turn[i - 1].whole
    return (
        (i, i + 1)
        if lists.has("addresses.at", before)
        and (lists.level(turn[i + 1].whole) == 0 or lists.level(turn[i + 1].whole) >= 35)
        else None
    )


def place_phrase_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """A town of several words that begins at i. In lower case "in the end" must not be a town."""
    for phrase in lists.place_phrases.get(turn[i].fold, ()):
        k = i + len(phrase)
        if k > len(turn) or tuple(t.fold for t in turn[i:k]) != phrase or any(t.opens for t in turn[i + 1 : k]):
            continue
        if cased and turn[i].capital and turn[k - 1].capital:
            return i, k - 1
        ordinary = all(0 < lists.level(w) <= 40 for w in phrase)
        here = i > 0 and lists.has("places.before", turn[i - 1].fold)
        if not cased and (not ordinary or (here and not all(0 < lists.level(w) <= 10 for w in phrase))):
            return i, k - 1
    return None


_RULES = (
    ("street", street_at, Kind.LOCATION),
    ("compass", ward_of_compass, Kind.LOCATION),
    ("town", town_with_more, Kind.LOCATION),
    ("gazetteer", place_phrase_at, Kind.LOCATION),
)

"""Institutions: schools, employers, clinics, prisons, clubs.

Each is found by the word at its end ("… Infirmary", "… Freight"), by a saint's name, or by what is said before
("works at …").
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_places import is_proper
from pipeline.identifiers_rules import Span, find_by_rules


def find_institutions(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Names of institutions; each rule says at which token it looks."""
    return find_by_rules(reading, lists, _RULES)


def institution_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """A name that ends in a word for an institution, with "of the …" behind it where it goes on in capitals."""
    head = turn[i]
    if not lists.has("organisations.head", head.fold) or i == 0 or head.opens:
        return None
    weak = lists.has("organisations.weak_head", head.fold)
    first = i
    while first > 0 and i - first < 4 and not turn[first].opens:
        before = turn[first - 1]
        if not is_proper(before, cased, lists, 50 if weak else 35):
            break
        if not cased and (before.fold in lists.safe or lists.is_medicine(before.fold)):
            break
        if cased and before.opens and (lists.level(before.whole) in range(1, 40) and before.fold not in lists.given):
            break
        first -= 1
    if (
        first == i
        and not cased
        and i > 1
        and not turn[i].opens
        and not turn[i - 1].opens
        and not lists.has("addresses.stop", turn[i - 1].whole)
        and not lists.has("names.person_verbs", turn[i - 1].whole)
    ):
        two = turn[i - 2]
        if lists.level(two.whole) == 0 and not two.number and two.fold not in lists.safe and len(two.fold) > 2:
            first = i - 2
    if first == i:
        return None
    if (
        not cased
        and first > 0
        and turn[first - 1].whole in ("a", "an", "my", "his", "her", "their", "some", "any", "every", "no")
        and lists.level(turn[first].fold)
    ):
        return None
    last = i
    if cased:
        k = i + 1
        while (
            k < len(turn)
            and not turn[k].pause
            and (
                turn[k].capital
                or (
                    lists.has("addresses.links", turn[k].fold)
                    and k + 1 < len(turn)
                    and _leads_to_capital(turn, k, lists)
                )
            )
        ):
            if turn[k].capital:
                last = k
            k += 1
        if not head.capital and all(lists.level(t.fold) and t.fold in lists.safe for t in turn[first:i]):
            return None
    else:
        while (
            last + 1 < len(turn) and lists.has("organisations.head", turn[last + 1].fold) and not turn[last + 1].opens
        ):
            last += 1
    return first, last


def _leads_to_capital(turn: Sequence[Token], k: int, lists: Lists) -> bool:
    for token in turn[k + 1 : k + 3]:
        if token.capital and not token.opens:
            return token.whole.split("'")[0] != "i"  # "at Oak Surgery and I left"
        if not lists.has("addresses.links", token.fold):
            return False
    return False


def institution_of_words(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """In lower case: "at the page hall surgery", "in national public school": common words as a name, shown by what
    stands before."""
    if cased or not lists.has("addresses.heads_of_names", turn[i].fold) or i < 2:
        return None
    first = i
    while (
        first > 0
        and i - first < 3
        and not turn[first].pause
        and not lists.has("addresses.stop", turn[first - 1].whole)
        and not turn[first - 1].number
    ):
        first -= 1
    if first == i or first == 0:
        return None
    before = turn[first - 1].whole
    bare = lists.has("addresses.at", before)
    article = before == "the" and first > 1 and lists.has("addresses.at", turn[first - 2].whole)
    if not (bare or article) or all(
        lists.has("addresses.generic", t.whole) or t.fold in lists.safe for t in turn[first:i]
    ):
        return None
    last = i
    if last + 1 < len(turn) and turn[last + 1].fold == "of":
        k = last + 2 + (last + 2 < len(turn) and turn[last + 2].fold == "the")
        while k < len(turn) and k < last + 5 and not turn[k].pause and not lists.has("addresses.stop", turn[k].whole):
            k += 1
        last = k - 1 if turn[k - 1].fold not in ("of", "the") else last
    return first, last


def rare_after_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """In lower case: "at the mater": a rare word with an article behind "at"."""
    if cased or turn[i].fold != "at" or i + 2 >= len(turn) or turn[i + 1].whole != "the" or turn[i + 2].opens:
        return None
    token = turn[i + 2]
    rare = (
        lists.level(token.whole) >= 50
        and token.whole in lists.words
        and not token.whole.endswith(("ing", "er", "ers", "ies", "tion", "est"))
    )
    return (i + 2, i + 2) if rare else None


def saint_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """ "Saint Aidan's Infirmary", "st francis xaviers": a saint's name with what follows it."""
    if turn[i].fold not in ("saint", "st") or (cased and not turn[i].capital):
        return None
    last = i
    for k in range(i + 1, min(len(turn), i + 4)):
        if turn[k].opens:
            break
        level = lists.level(turn[k].fold)
        if (cased and turn[k].capital) or (
            not cased
            and (
                level == 0
                or turn[k].fold in lists.given
                or turn[k].fold.removesuffix("s") in lists.given
                or (last > i and lists.has("organisations.head", turn[k].fold))
            )
        ):
            last = k
        else:
            break
    return (i, last) if last > i else None


def royal_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """In lower case: "at the royal northern": a title of honour and a word that is none of the crown's own."""
    if cased or i < 2 or i + 1 >= len(turn) or not lists.has("organisations.honoured", turn[i].whole):
        return None
    at = turn[i - 1].whole == "the" and lists.has("addresses.at", turn[i - 2].whole)
    after = turn[i + 1]
    plain = lists.has("organisations.crown", after.whole) or lists.has("addresses.stop", after.whole)
    return (i, i + 1) if at and not plain and not after.pause and len(after.fold) > 2 else None


def workplace_after(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> Span | None:
    """What follows "works at", up to two words, where it is no ordinary word: "my sister works at Halden Bright"."""
    if i + 2 >= len(turn) or f"{turn[i].fold} {turn[i + 1].fold}" not in lists.cues["organisations.works"]:
        return None
    first = i + 2
    if turn[first].fold == "the" and first + 1 < len(turn):
        first += 1
        limit = 50
    else:
        limit = 35
    if turn[first].opens or not is_proper(turn[first], cased, lists, limit) or turn[first].fold in lists.safe:
        return None
    last = first
    while (
        last + 1 < len(turn)
        and last - first < 2
        and not turn[last + 1].opens
        and is_proper(turn[last + 1], cased, lists, limit)
    ):
        last += 1
    tail = (
        last + 1 < len(turn)
        and not turn[last + 1].opens
        and not lists.has("addresses.stop", turn[last + 1].whole)
        and lists.level(turn[first].fold) == 0
    )
    if (
        last == first
        and tail
        and (last + 2 >= len(turn) or turn[last + 2].pause or lists.has("addresses.stop", turn[last + 2].whole))
        and not cased
    ):
        last += 1
    return first, last


_RULES = (
    ("institution", institution_at, Kind.ORG),
    ("institution_of_words", institution_of_words, Kind.ORG),
    ("rare_after_at", rare_after_at, Kind.ORG),
    ("saint", saint_at, Kind.ORG),
    ("royal", royal_at, Kind.ORG),
    ("works_at", workplace_after, Kind.ORG),
)

"""Addresses, streets, towns of several words, and institutions: schools, employers, clinics, prisons, clubs.

Each is found by the word at its end ("… Road", "… Infirmary", "… Freight") or by what is said before it ("works at …").
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists

_NUMBER_WORDS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
    twenty thirty forty fifty sixty seventy eighty ninety hundred""".split()
)
_PLAIN = frozenset(
    """a an the this that these those my your his her our their its of on in at to from by for with and or but so as is was are were
    be been have has had do did does it i you he she we they me him us them who what which where when how why all some any no not one two
    three other same main side back front dirt country long whole middle wrong right rocky bumpy next last first second own new old
    big little down up off along across over under into out about if because just like really very then than there here yeah okay
    um uh every each another high busy quiet open dead local nearest private public state primary secondary medical general
    mental health care children's childrens kids day night boarding grammar junior infant nursery law med graduate teaching
    beauty community city town village football rugby cricket youth social job work business family support building
    group car life travel house home pet student rent open her whole your mum's dad's god's""".split()
)
_HEADS_OF_NAMES = frozenset("hospital infirmary hospice surgery jail prison academy college university school primary cathedral church".split())
_AT = frozenset("at in from to near by outside into of".split())
_STOP = frozenset(
    """a an the this that these those my your his her our their its of on in at to from by for with and or but so as is was are were be been i
    you he she we they it me him us them who what when where how go goes going went get got getting do does did like just about out up
    back off then because cos if than into through after before until while during around over under when um uh er yeah no not all some any
    start started starting finish finished leave left leaving have has had can could will would one two three same new old first
    last next other whole another every work works worked play plays said says think know mean want need""".split()
)
_GENERIC = frozenset(
    """public private state primary secondary high middle elementary junior senior infant nursery grammar comprehensive boarding day
    night summer sunday art arts drama dance driving medical law med business music language special local general mental health
    children's childrens maternity psychiatric psych eye ear teaching university community village parish baptist catholic methodist
    doctor's doctors gp dental vet vets animal pet women's womens men's veterans va cottage teacher training cookery beauty sixth form
    further education technical church city county town big little small open film graduate grad nursing primary clown charm ballet
    football swimming riding ski surf cooking finishing preparatory prep faith girls boys mixed catholic christian muslim jewish
    family walk-in outpatient cancer field rehab military army police rural good bad great nice best whole plastic heart lung brain knee
    hip laser eye oral plastic cosmetic kids after before proper real normal regular young women open maximum minimum security federal""".split()
)
_OF = frozenset("of the and for in at &".split())


def find_places(reading: Reading, lists: Lists) -> list[list[Identifier]]:
    """Streets, addresses, saints' names, institutions and towns of more than one word."""
    out = []
    for turn, cased in zip(reading.tokens, reading.cased, strict=True):
        found: list[Identifier] = []
        for i, token in enumerate(turn):
            for rule in (street_at, ward_of_compass, institution_at, institution_of_words, rare_after_at):
                span = rule(turn, i, cased, lists)
                if span:
                    kind = Kind.LOCATION if rule in (street_at, ward_of_compass) else Kind.ORG
                    found.append(Identifier(turn[span[0]].start, turn[span[1]].end, kind, rule.__name__.removesuffix("_at")))
            if token.fold in ("saint", "st") and (not cased or token.capital):
                span = saint_at(turn, i, cased, lists)
                if span:
                    found.append(Identifier(turn[span[0]].start, turn[span[1]].end, Kind.ORG, "saint"))
            phrase = place_phrase_at(turn, i, cased, lists)
            if phrase:
                found.append(Identifier(token.start, turn[phrase].end, Kind.LOCATION, "gazetteer"))
            work = workplace_after(turn, i, cased, lists)
            if work:
                found.append(Identifier(turn[work[0]].start, turn[work[1]].end, Kind.ORG, "works_at"))
        out.append(found)
    return out


def _named(token: Token, cased: bool, lists: Lists, rarest: int = 35) -> bool:
    """Could this word be the proper part of a name of a place? Capital where capitals count, else not an everyday word."""
    if token.number or token.whole in _PLAIN or len(token.fold) < 2:
        return False
    if cased:
        return token.capital
    level = lists.level(token.whole)
    return level == 0 or level >= rarest or (token.whole in lists.places and token.whole not in _STOP)


def street_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """ "Roundhay Road", "eighteen Goodison Place", "8th Cross", and bare "county road" where no article makes it any road."""
    head = turn[i].fold
    strong = head in lists.cues["places.road"]
    if i == 0 or not (strong or head in lists.cues["places.road_weak"]) or turn[i].opens or (cased and not turn[i].capital):
        return None
    first = i
    while first > 0 and i - first < 3 and _named(turn[first - 1], cased, lists, 20 if strong else 35) and not turn[first].opens:
        first -= 1
    number = first
    while number > 0 and first - number < 3 and not turn[number].opens and (turn[number - 1].number or turn[number - 1].fold in _NUMBER_WORDS):
        number -= 1
    if cased and first < i:
        return number, i
    if turn[i - 1].number and not turn[i - 1].whole.isdigit() and turn[i - 1].whole.endswith(("st", "nd", "rd", "th")) and (cased or strong):
        return i - 1, i
    if turn[i - 1].number and head in ("cross", "main", "street", "avenue") and turn[i - 1].whole.endswith(("st", "nd", "rd", "th")):
        return i - 1, i
    if first < i and (strong or lists.level(turn[i - 1].fold) == 0):
        return number, i
    if number < first and first < i:
        return number, i
    before = turn[i - 1]
    if not cased and before.whole not in _PLAIN and i >= 2:
        numbered = turn[i - 2].number or turn[i - 2].fold in _NUMBER_WORDS
        bare = turn[i - 2].fold in lists.cues["places.before"] or turn[i - 2].fold in ("on", "down", "up", "along")
        if numbered and (strong or i >= 3 and turn[i - 3].fold in ("at", "number", "is", "its", "it's", "still", "flat", "address", "to", "live")):
            return i - 2, i
        named = strong or before.fold in lists.places or before.fold in lists.surnames or lists.given.get(before.fold, 0) >= 36
        if bare and named and not (head in ("way", "place", "end", "house", "main", "cross", "bank", "court") and lists.level(before.fold) == 10):
            return i - 1, i
    return None


def institution_of_words(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """In lower case: "at the page hall surgery", "in national public school": common words as a name, shown by what stands before."""
    if cased or turn[i].fold not in _HEADS_OF_NAMES or i < 2:
        return None
    first = i
    while first > 0 and i - first < 3 and not turn[first].pause and turn[first - 1].whole not in _STOP and not turn[first - 1].number:
        first -= 1
    if first == i or first == 0:
        return None
    before = turn[first - 1].whole
    bare = before in _AT
    article = before == "the" and first > 1 and turn[first - 2].whole in _AT
    if not (bare or article) or all(t.whole in _GENERIC or t.fold in lists.safe for t in turn[first:i]):
        return None
    last = i
    if last + 1 < len(turn) and turn[last + 1].fold == "of":
        k = last + 2 + (last + 2 < len(turn) and turn[last + 2].fold == "the")
        while k < len(turn) and k < last + 5 and not turn[k].pause and turn[k].whole not in _STOP:
            k += 1
        last = k - 1 if turn[k - 1].fold not in ("of", "the") else last
    return first, last


def ward_of_compass(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """In lower case: "at east glam", "in the north xyz": a direction and a word that is not common."""
    if cased or turn[i].fold not in ("north", "south", "east", "west") or i == 0 or i + 1 >= len(turn) or turn[i + 1].opens:
        return None
    before = turn[i - 1].whole
    return (i, i + 1) if before in _AT and (lists.level(turn[i + 1].whole) == 0 or lists.level(turn[i + 1].whole) >= 35) else None


def rare_after_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """In lower case: "at the mater": a rare word with an article behind "at"."""
    if cased or turn[i].fold != "at" or i + 2 >= len(turn) or turn[i + 1].whole != "the" or turn[i + 2].opens:
        return None
    token = turn[i + 2]
    rare = lists.level(token.whole) >= 50 and token.whole in lists.words and not token.whole.endswith(("ing", "er", "ers", "ies", "tion", "est"))
    return (i + 2, i + 2) if rare else None


def saint_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """ "Saint Aidan's Infirmary", "st francis xaviers": a saint's name with what follows it."""
    last = i
    for k in range(i + 1, min(len(turn), i + 4)):
        if turn[k].opens:
            break
        level = lists.level(turn[k].fold)
        if (cased and turn[k].capital) or (not cased and (level == 0 or turn[k].fold in lists.given or turn[k].fold.removesuffix("s") in lists.given or (last > i and turn[k].fold in lists.cues["organisations.head"]))):
            last = k
        else:
            break
    return (i, last) if last > i else None


def institution_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """A name that ends in a word for an institution, with "of the …" behind it where it goes on in capitals."""
    head = turn[i]
    if head.fold not in lists.cues["organisations.head"] or i == 0 or head.opens:
        return None
    weak = head.fold in lists.cues["organisations.weak_head"]
    first = i
    while first > 0 and i - first < 4 and not turn[first].opens:
        before = turn[first - 1]
        if not _named(before, cased, lists, 50 if weak else 35):
            break
        if not cased and (before.fold in lists.safe or lists.is_medicine(before.fold)):
            break
        if cased and before.opens and (lists.level(before.whole) in range(1, 40) and before.fold not in lists.given):
            break
        first -= 1
    if first == i and not cased and i > 1 and not turn[i].opens and not turn[i - 1].opens and turn[i - 1].whole not in _STOP:
        two = turn[i - 2]
        if lists.level(two.whole) == 0 and not two.number and two.fold not in lists.safe and len(two.fold) > 2:
            first = i - 2
    if first == i:
        return None
    if not cased and first > 0 and turn[first - 1].whole in ("a", "an", "my", "his", "her", "their", "some", "any", "every", "no") and lists.level(turn[first].fold):
        return None
    last = i
    if cased:
        k = i + 1
        while k < len(turn) and not turn[k].opens and (turn[k].capital or (turn[k].fold in _OF and k + 1 < len(turn) and _leads_to_capital(turn, k))):
            if turn[k].capital:
                last = k
            k += 1
        if not head.capital and all(lists.level(t.fold) and t.fold in lists.safe for t in turn[first:i]):
            return None
    else:
        while last + 1 < len(turn) and turn[last + 1].fold in lists.cues["organisations.head"] and not turn[last + 1].opens:
            last += 1
    tail = last + 1 < len(turn) and not turn[last + 1].opens and turn[last + 1].whole not in _STOP and lists.level(turn[first].fold) == 0
    if last == first and tail and (last + 2 >= len(turn) or turn[last + 2].pause or turn[last + 2].whole in _STOP) and not cased:
        last += 1
    return first, last


def _leads_to_capital(turn: Sequence[Token], k: int) -> bool:
    for token in turn[k + 1 : k + 3]:
        if token.capital and not token.opens:
            return True
        if token.fold not in _OF:
            return False
    return False


def place_phrase_at(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> int | None:
    """The last token of a town of several words that begins at i. In lower case "in the end" must not be a town."""
    for phrase in lists.place_phrases.get(turn[i].fold, ()):
        k = i + len(phrase)
        if k > len(turn) or tuple(t.fold for t in turn[i:k]) != phrase or any(t.opens for t in turn[i + 1 : k]):
            continue
        if cased and turn[i].capital and turn[k - 1].capital:
            return k - 1
        ordinary = all(0 < lists.level(w) <= 40 for w in phrase)
        here = i > 0 and turn[i - 1].fold in lists.cues["places.before"]
        if not cased and (not ordinary or (here and not all(0 < lists.level(w) <= 10 for w in phrase))):
            return k - 1
    return None


def workplace_after(turn: Sequence[Token], i: int, cased: bool, lists: Lists) -> tuple[int, int] | None:
    """What follows "works at", up to two words, where it is no ordinary word: "my sister works at Halden Bright"."""
    if i + 2 >= len(turn) or f"{turn[i].fold} {turn[i + 1].fold}" not in lists.cues["organisations.works"]:
        return None
    first = i + 2
    if turn[first].fold == "the" and first + 1 < len(turn):
        first += 1
        limit = 50
    else:
        limit = 35
    if turn[first].opens or not _named(turn[first], cased, lists, limit) or turn[first].fold in lists.safe:
        return None
    last = first
    while last + 1 < len(turn) and last - first < 2 and not turn[last + 1].opens and _named(turn[last + 1], cased, lists, limit):
        last += 1
    tail = last + 1 < len(turn) and not turn[last + 1].opens and turn[last + 1].whole not in _STOP and lists.level(turn[first].fold) == 0
    if last == first and tail and (last + 2 >= len(turn) or turn[last + 2].pause or turn[last + 2].whole in _STOP) and not cased:
        last += 1
    return first, last

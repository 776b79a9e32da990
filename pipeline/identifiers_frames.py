"""Places in a sentence where people stand, and what kind of word a name is besides: the grammar behind `Weighing`.

"the jumper X knitted", "let X go", "engaged to X", "me and X": verbs, adjectives and company that want a person. A noun
that is counted ("a rose") cannot stand bare in English, so a bare one is a name; "joy" and "summer" can, so that a
preposition before them shows nothing; "rich" and "sunny" follow "is" and "so" without being anybody. The words are in the
table `names` of lexicons/identifiers/cues.toml, the weights in `identifiers_spot.WEIGHTS`.
"""

from __future__ import annotations

from pipeline.identifiers_lists import Lists
from pipeline.identifiers_spot import WEIGHTS, Spot

_ARTICLES = frozenset("the a an my his her our their your that this".split())  # noqa: SIM905
_LINKING = frozenset("of for in like without with about from on by between into as before after than this".split())  # noqa: SIM905
_WHITHER = frozenset("over round around in home with to up back along downstairs upstairs".split())  # noqa: SIM905
_ISNT = frozenset("is isnt isn't was wasnt wasn't wheres where's hows how's whos who's theres there's".split())  # noqa: SIM905


def where_people_stand(spot: Spot, word: str, lists: Lists) -> float:
    """Verbs, adjectives and company around a word that want a person there. Never negative."""
    has, breath, after = lists.has, spot.breath, spot.after
    if has("names.auxiliary", word) and (not breath or has("talk.verb_follow", after)):
        return 0.0
    found = 0.0
    owned = breath in _ARTICLES or has("talk.not_a_name", breath) or has("names.quantity", spot.back(2))
    person_verb = has("names.person_verbs", after)
    if (person_verb or has("names.person_doing", after)) and not owned and not has("names.before_verb", breath):
        found += WEIGHTS["person_verb"] if not has("talk.pronouns", breath) else 0.0
    if person_verb and in_relative_clause(spot, lists):
        found += WEIGHTS["relative"]
    if not owned and (has("names.social", breath) or about_somebody(spot, lists)):
        found += WEIGHTS["social"]
    if has("names.letting", breath) and has("names.object_after_name", after):
        following = _ahead(spot, 2) if after == "to" else "be"
        found += WEIGHTS["letting"] if has("names.base_verbs", following) else 0.0
    two, three = _ahead(spot, 2), _ahead(spot, 3)
    state = has("names.states", two) or (two.endswith("ing") and three in ("me", "him", "us", "them", "you"))
    if has("talk.acts", after) and state and not owned:
        found += WEIGHTS["state"]
    said = breath == "that" and any(has("names.clause", spot.back(k)) for k in (2, 3, 4))
    if said and (has("talk.acts", after) or has("names.modals", after)):
        found += WEIGHTS["subject"]
    earlier = [spot.back(k) for k in range(2, 6)]
    one_of = any(has("names.somebody", w) or has("talk.kin", w) or w in ("them", "us") for w in earlier)
    if one_of and (breath in ("is", "was") or (breath == "are" and after == "and")):
        free = spot.pauses or has("names.function", after) or has("names.prepositions", after)
        found += WEIGHTS["identity"] if free and not has("names.adjectives", word) else 0.0
    if is_addressed(spot, lists):
        found += WEIGHTS["imperative"]
    if after in ("is", "was") and has("talk.possessives", two):  # "X is my middle one"
        found += WEIGHTS["identity"] if has("talk.kin", three) or has("names.which_child", three) else 0.0
    if after == "from" and (
        has("names.circles", two) or (has("talk.possessives", two) and has("names.circles", three))
    ):
        found += WEIGHTS["company"]  # "X from the group"
    return found + _in_company(spot, lists)


def placed(spot: Spot, lists: Lists) -> float:
    """Where in the sentence only somebody can stand: "what would X say", "pick X up", "it was X who"."""
    has, breath, after, found = lists.has, spot.breath, spot.after, 0.0
    modal, owned = has("names.modals", after), has("talk.possessives", breath)
    if (modal and (breath == "that" or has("names.clause", breath) or spot.token.opens)) or (
        has("names.clause", breath) and has("talk.acts", after)
    ):
        found += WEIGHTS["subject"]
    if has("names.asking", breath) and has("names.base_verbs", after) and spot.back(2)[:2] in ("wh", "ho", ""):
        found += WEIGHTS["asked"]
    if has("names.handling", breath) and has("names.handled", after) and after not in ("on", "from", "at"):
        found += WEIGHTS["handled"]
    if has("names.giving", breath) and has("names.gift", after):
        found += WEIGHTS["given"]
    if breath in ("to", "at", "with", "of") and has("names.speaking", spot.back(2)):
        found += WEIGHTS["contact"] - WEIGHTS["toward"]
    if breath in ("into", "in") and has("names.into", spot.back(2)) and (breath == "into" or after == "to"):
        found += WEIGHTS["handled"] + 0.3
    if after == "who" and not owned and not has("talk.not_a_name", breath):
        somebody = any(has("names.somebody", spot.back(k)) for k in range(1, 5))
        named = breath in ("was", "is", "its", "it's", "wasnt", "wasn't", "and", "like") or somebody
        found += WEIGHTS["who"] if named else 0.0
    elif spot.token.pause and has("names.apposition", after) and not spot.token.opens:
        found += 1.0 if any(has("names.somebody", spot.back(k)) for k in range(1, 5)) else 0.0
    return found


def is_addressed(spot: Spot, lists: Lists) -> bool:
    """ "hi X come in", "bye X take care": a greeting before, something asked of the person behind."""
    return spot.i <= 3 and lists.has("talk.greetings", spot.back(1)) and lists.has("names.imperatives", spot.after)


def is_meant(spot: Spot) -> bool:
    """ "is it X youre angry with"."""
    meant = spot.after in ("you", "youre", "you're", "who") or (
        spot.after == "that" and _ahead(spot, 2) in ("you", "i")
    )
    return spot.back(1) == "it" and spot.back(2) in _ISNT and meant


def _ahead(spot: Spot, k: int) -> str:
    """The k-th word behind, whatever stands between."""
    return spot.turn[spot.i + k].whole if spot.i + k < len(spot.turn) else ""


def in_relative_clause(spot: Spot, lists: Lists) -> bool:
    """ "the jumper (that) X knitted": an article and a noun before, with or without "that"."""
    k = 2 if spot.breath in ("that", "which", "what") else 1
    if spot.breath == "what":
        return True
    noun, article = spot.back(k), spot.back(k + 1)
    plain = lists.level(noun) and not lists.has("names.function", noun) and not lists.has("names.prepositions", noun)
    return article in _ARTICLES and bool(plain) and not lists.has("talk.acts", noun)


def about_somebody(spot: Spot, lists: Lists) -> bool:
    """ "engaged to X", "worried about X", "moved in with X", "look up to X"."""
    has, breath, before = lists.has, spot.breath, spot.back(2)
    if breath not in ("to", "at", "with", "about", "of", "for", "from", "on"):
        return False
    mass = has("names.mass", spot.token.fold)
    if breath == "from" and has("names.messages", before):
        return True
    if mass and (breath in ("for", "from", "on") or (breath in ("about", "of") and not has("names.feelings", before))):
        return False
    moved = before in ("up", "in", "out", "on") and breath in ("to", "with", "at")
    feels = has("names.feelings", before) and breath in ("about", "of", "at", "with")
    return feels or has("names.about_people", before) or has("names.speaking", before) or moved


def _in_company(spot: Spot, lists: Lists) -> float:
    """ "me and X", "X and her mum", "X and i had", "is it X you mean"."""
    has, found = lists.has, 0.0
    two, three = _ahead(spot, 2), _ahead(spot, 3)
    if spot.breath == "and" and spot.back(2) in ("me", "you", "him", "her", "he", "she", "mum", "mom", "dad"):
        found += WEIGHTS["company"]
    if spot.after == "and" and (
        (two in ("me", "i") and has("talk.acts", three) and spot.breath not in _LINKING)
        or (has("names.company", two) and (has("talk.kin", three) or has("names.household", three)))
    ):
        found += WEIGHTS["company"]
    if is_meant(spot):
        found += WEIGHTS["company"]
    here = spot.after in (
        "still",
        "in",
        "at",
        "doing",
        "with",
        "ok",
        "okay",
        "here",
        "when",
        "during",
        "there",
        "now",
        "",
    )
    if spot.breath in _ISNT and (spot.i <= 2 or spot.back(2) in ("where", "how", "old")) and here:
        found += WEIGHTS["company"]
    return found


def kind_of_word(spot: Spot, word: str, lists: Lists) -> float:
    """What the word's own grammar says: bare nouns that cannot stand bare, nouns that can, adjectives behind "is"."""
    has, breath = lists.has, spot.breath
    adjective = has("names.adjectives", word)
    if adjective and has("names.predicate", breath):
        said_of_me = breath in ("im", "i'm") and spot.after in ("", "and", "but", "so", "or")  # "im rich and"
        return WEIGHTS["predicate"] * (2 if said_of_me else 1)
    if has("names.mass", word):
        taken = has("names.handling", breath) and has("names.handled", spot.after)  # "pick hope up"
        asked_of = has("names.asking", breath) and spot.after in ("say", "think", "want", "know", "tell", "reckon")
        if taken or asked_of or (has("talk.greetings", breath) and spot.i <= 3):
            return 0.0
        linked = breath in _LINKING and not about_somebody(spot, lists)
        linked = linked or (breath in ("and", "or") and has("names.mass", spot.back(2)))  # "patience and hope"
        asked = breath in ("does", "did", "do") and spot.i <= 3
        weak = has("talk.acts", spot.after) and not has("names.person_verbs", spot.after)
        weak = weak and not has("names.states", _ahead(spot, 2))
        weak = weak and not (spot.after in ("came", "comes", "went") and _ahead(spot, 2) in _WHITHER)
        return WEIGHTS["mass"] * (1 + linked + asked + weak)
    if has("names.verbs", word) and not adjective and (not breath or breath in ("to", "and", "or")):
        return 0.0
    return WEIGHTS["bare"] if _stands_alone(spot, lists) else 0.0


def _stands_alone(spot: Spot, lists: Lists) -> bool:
    """No article or number before it, nothing behind it that a noun phrase would go on with."""
    has, breath, after = lists.has, spot.breath, spot.after
    if breath in _ARTICLES or has("talk.not_a_name", breath) or has("talk.pronouns", breath):
        return False
    before = not breath or has("names.prepositions", breath) or has("names.function", breath)
    before = before or has("talk.toward", breath) or has("names.social", breath) or has("talk.acts", breath)
    behind = (
        spot.pauses
        or has("names.person_doing", after)
        or has("names.object_after_name", after)
        or has("names.function", after)
        or has("names.prepositions", after)
    )
    return before and (behind or has("names.person_verbs", after) or has("talk.acts", after))

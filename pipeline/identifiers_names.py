"""Names of people and of single-word places: what is no English word, what stands in capitals, what talk shows to be a name.

Names that are also words (Will, Joy, May, Rose, Mark) are weighed: how common is the word, how common is the name, do cues of
talk stand around it ("my sister X", "thanks X", "X said"), does the model see a person, is it known from the roster or from
elsewhere in the client's sessions. The sum decides; the numbers are in WEIGHTS and were set on sentences written for the purpose.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_known import KnownForms, misspelled
from pipeline.identifiers_lists import Lists

WEIGHTS = {
    "known": 3.0, "nickname": 1.5, "met": 2.0, "model": 1.2, "title": 4.0, "kin": 2.5, "naming": 3.0, "greeting": 2.0, "our": 1.5, "act": 1.5,
    "weak_act": 0.8, "toward": 1.0, "vocative": 1.7, "contact": 1.5, "apposition": 1.5, "possessive": 1.5, "determiner": -2.5, "pronoun": -3.0, "auxiliary": -5.0,
    "full_name": 2.5, "surname": 1.0, "closes": 0.8, "and_name": 1.0,
}  # fmt: skip
ENOUGH = 2.5
ENOUGH_LOWER = 2.2  # without capitals a name has fewer ways to show
_AUXILIARY = frozenset("will may can might art".split())
_WEAK_ACTS = frozenset("is was has had did does just always never left made used moved works worked lives lived stopped started likes looks feels kept keeps turned works helps got get".split())
_FUNCTION = frozenset(
    """i you he she we they it what who when where why how because and but so if is was do did does can could would should have has
    i'm im he's she's hes shes they're theyre it's its that's thats youre you're whats what's id i'd ill i'll ive i've the a my your me""".split()
)
_PREPOSITIONS = frozenset("by before after until as than since on at with from to in for about over round yesterday today tonight tomorrow again back first too then there here".split())
_CONTACT = frozenset("tell told telling ask asked asking rang ring ringing phone phoned call calling text texted email emailed message messaged met meet marry married dating with miss".split())
_BEFORE_VERB = frozenset("will would can could should may might must dont don't didnt didn't did gonna gotta lets let's please cannot cant can't couldnt couldn't wont won't never".split())
_WANTING = frozenset("want wants wanted need needs needed going have has had got trying try tried like likes used able ought supposed meant hard easy ready love hate about time how way wanna start started begin".split())
_MOTION = frozenset("train bus drove drive driving moved move moving went go going goes back flight flew way trip over up down coach travel travelled commute taxi sent transferred".split())
_OBJECTS = frozenset("him her me us them it you".split())
_PARTICLES = frozenset("al el ap ab de del della di da dos das van von der den bin bint ibn abu umm ben le la du mac mc te nic ni".split())
_KIN_TITLES = frozenset("aunty auntie uncle nana koro whaea matua tia tio".split())
_NEVER = frozenset(
    """said see one even ever day made man over any us life love see long come little left lot case job side line run less per story able true win
    else tea million reason age among major media experience chance price beautiful kill race truth nature knowledge lady author brain floor an as my
    than can friend girl boy happy guy sister son mother doctor early young time mate person sad mad ran till bear lies""".split()
)
_PEOPLE = frozenset({"PERSON"})
_PLACES = frozenset({"GPE", "LOC", "FAC"})


@dataclass(slots=True)
class NameSearch:
    """All that the search for names in one session looks at. `met` grows: names found with certainty, here and in other sessions."""

    reading: Reading
    lists: Lists
    known: KnownForms
    met: Set[str] = field(default_factory=set, repr=False)
    _labels: list[list[str]] = field(default_factory=list, repr=False)
    _safe: list[set[int]] = field(default_factory=list, repr=False)
    _figures: list[set[int]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._labels = [model_labels(self.reading, n) for n in range(len(self.reading.tokens))]
        self._figures = [self._public_figures(n) for n in range(len(self.reading.tokens))]
        self._safe = [self._look_alikes(n) for n in range(len(self.reading.tokens))]

    # -- the two questions

    def find(self) -> list[list[Identifier]]:
        """All names of people and single-word places, turn by turn; adjacent parts of one name are one Identifier."""
        out = []
        for n, turn in enumerate(self.reading.tokens):
            hits = [self.is_name(n, i) for i in range(len(turn))]
            self._false_starts(n, hits)
            out.append(self._join(n, hits))
        return out

    def certain(self) -> set[str]:
        """Folded names that this session shows on strong grounds, once or by several weak signs; the sweep looks for them everywhere."""
        found = set()
        signs: dict[str, list[float]] = {}
        for n, turn in enumerate(self.reading.tokens):
            for i, token in enumerate(turn):
                word = _stem(token, self.lists)[0]
                if len(word) < 3 or token.number or word in self.lists.safe or word in self.met or i in self._figures[n]:
                    continue
                level = self.lists.level(token.whole)
                if "'" in token.fold or (word in self.lists.spoken and self.lists.given.get(word, 0) < 36):
                    continue
                if level and (not self.reading.cased[n] or token.opens) and word not in _AUXILIARY and word not in _NEVER:
                    if level >= 35 or self._weight(word) >= 36:
                        signs.setdefault(word, []).append(self._cues(n, i, word))
                elif self.is_name(n, i) and self._labels[n][i] not in _PLACES:
                    if not level or word in self.lists.given or word in self.lists.surnames:
                        found.add(word)
        for word, cues in signs.items():
            strongest, prior = max(cues), self._prior(word, self.lists.level(word))
            against = sum(c <= -1.0 for c in cues)
            if self._weight(word) >= 36 and strongest + prior >= ENOUGH + 0.8 and strongest >= 1.5 and against <= len(cues) / 3:
                found.add(word)
            else:
                listed = self._weight(word) >= 36
                several = sum(c > 0.7 for c in cues) >= (2 if listed else 3)
                if several and sum(cues) + min(prior, 0.0) >= (3.0 if listed else 6.0) and strongest >= (1.5 if listed else 2.5) and not against:
                    found.add(word)
        return found

    # -- one word

    def is_name(self, n: int, i: int) -> bool:
        turn = self.reading.tokens[n]
        token = turn[i]
        if token.number or (len(token.fold) < 2 and not self._initial(n, i)):
            return False
        if self._initial(n, i):
            return True
        lists, cased = self.lists, self.reading.cased[n]
        word = _stem(token, lists)[0]
        level = lists.level(token.whole) if token.whole == token.fold else lists.level(token.fold)
        known = word in self.known.sure or word in self.met
        if i in self._figures[n]:
            return False
        if i in self._safe[n]:
            return self._score(n, i, word, level or 10) >= ENOUGH + 1.0 and (known or lists.given.get(word, 0) >= 30)
        if cased and token.capital:
            return self._is_capital_name(n, i, word, level, known)
        if cased:
            if level:
                return word in self.known.sure and level >= 50
            return known or lists.given.get(word, 0) >= 40 and len(word) > 3 or bool(misspelled(word, self.known.sure))
        if level == 0:
            letters_only = len(word) <= 4 and not set(word) & set("aeiouy") and self._weight(word) <= 28
            return known or not letters_only or self._cues(n, i, word) >= 1.5
        return self._weigh(n, i, word, level)

    def _weigh(self, n: int, i: int, word: str, level: int) -> bool:
        lists = self.lists
        named = self._weight(word) > 28 or word in self.known.sure or word in self.met or word in self.known.likely
        if self._is_lower_surname_or_place(n, i, word, level):
            return True
        if word in _NEVER and word not in self.known.sure:
            return self._titled(n, i)
        if word in lists.spoken and lists.given.get(word, 0) < 36:
            return self._titled(n, i)
        if not named:
            return self._titled(n, i) or (level >= 35 and "'" not in word and self._cues(n, i, word) >= 4.0)
        if level >= 20 and (word in self.met or word in self.known.sure) and word not in _AUXILIARY:
            return self._cues(n, i, word) > -1.0
        return self._score(n, i, word, level) >= ENOUGH_LOWER

    def _is_capital_name(self, n: int, i: int, word: str, level: int, known: bool) -> bool:
        turn, lists = self.reading.tokens[n], self.lists
        token, label = turn[i], self._labels[n][i]
        if token.caps and len(token.fold) <= 5 and not known:
            listed = word in lists.given and level == 0
            return listed or (level == 0 and self._score(n, i, word, 35) >= ENOUGH and len(word) > 1)
        if level == 0:
            return True
        if token.whole == "i" or ("'" in token.fold and level):
            return False
        if not token.opens:
            return True
        if word in lists.given or known or word in lists.surnames or word in lists.places or level >= 35:
            if word in _NEVER and not known:
                return self._titled(n, i)
            score = self._score(n, i, word, level)
            return score >= ENOUGH
        following = turn[i + 1] if i + 1 < len(turn) else None
        model = label in ("ORG", "FAC", "GPE", "PERSON", "LOC") and level >= 20
        return bool(model and following and following.capital and not following.opens and self._labels[n][i + 1] == label)

    def _is_lower_surname_or_place(self, n: int, i: int, word: str, level: int) -> bool:
        """ "ngaire young lived", "from bath", "in reading haven't": a surname behind an unknown word, a town behind a preposition."""
        turn, lists = self.reading.tokens[n], self.lists
        if not i or turn[i].pause:
            return False
        before = turn[i - 1]
        after = turn[i + 1].whole if i + 1 < len(turn) and not turn[i + 1].pause else ""
        free = not after or after in _FUNCTION or after in _PREPOSITIONS or after in lists.cues["talk.acts"] or after.endswith(("n't", "nt"))
        first = lists.given.get(before.fold, 0) >= 40 and lists.level(before.fold) >= 20 and after in lists.cues["talk.acts"] - _WEAK_ACTS
        if first and lists.surnames.get(word, 0) >= 45:
            return True
        if lists.surnames.get(word, 0) >= 40 and word not in lists.cues["talk.acts"] | _NEVER and not before.number and lists.level(before.whole) == 0 and before.end == before.stop and len(before.fold) > 1:
            return free
        moving = before.whole == "to" and any(t.whole in _MOTION for t in turn[max(0, i - 5) : i - 1])
        if word in lists.places and moving and word not in _NEVER and level >= 10:
            return free and after not in ("it", "him", "me", "them", "a", "the", "my", "your")
        if word in lists.places and before.whole in ("in", "from", "near", "outside", "off", "through", "around") and word not in _NEVER:
            return free and after not in ("it", "that", "a", "the", "my", "your", "her", "his", "them") or (self._labels[n][i] in _PLACES and level >= 20)
        return False

    # -- what stands around a word

    def _score(self, n: int, i: int, word: str, level: int) -> float:
        return self._prior(word, level) + self._cues(n, i, word)

    def _prior(self, word: str, level: int) -> float:
        """How much likelier the name is than the word, before anything around it is looked at."""
        score = (self._weight(word) - 40) / 10 + (level - 20) / 15
        if word in self.known.sure:
            return score + WEIGHTS["known"]
        if word in self.met:
            return score + WEIGHTS["met"]
        return score + WEIGHTS["nickname"] if word in self.known.likely else score

    def _weight(self, word: str) -> int:
        """How common a name is, as in given_names.txt; surnames stand alone less often, other words are names by chance only."""
        return max(self.lists.given.get(word, 28), min(38, self.lists.surnames.get(word, 0) - 12))

    def _cues(self, n: int, i: int, word: str) -> float:
        """What stands around a word, for and against a name."""
        turn, lists = self.reading.tokens[n], self.lists
        token = turn[i]
        talk = lists.cues
        before = turn[i - 1] if i and not token.opens else None
        at_start = i == 0
        after = turn[i + 1] if i + 1 < len(turn) else None
        closes = after is None or after.opens
        next_word = after.whole if after is not None and not closes else ""
        weight = self._weight(word)
        score = 0.0
        if self._labels[n][i] in _PEOPLE:
            score += WEIGHTS["model"]
        previous = before.whole if before else ""
        spoken_before = turn[i - 1].whole if i else ""
        breath = "" if token.pause else previous
        if token.pause and i and (closes or (after is not None and after.pause)) and weight >= 38:
            score += WEIGHTS["vocative"]
        if self._titled(n, i):
            score += WEIGHTS["title"]
        if previous in talk["talk.kin"] or (before and before.fold in talk["talk.kin"]):
            owner = turn[i - 2].whole if i > 1 else ""
            score += WEIGHTS["kin"] if owner in talk["talk.possessives"] or owner.endswith("'s") or (i > 2 and turn[i - 3].whole in talk["talk.possessives"]) else 1.0
        if previous == "our" and (weight >= 36 or word in self.known.sure):
            score += WEIGHTS["our"] - WEIGHTS["determiner"]
        if previous in _OBJECTS and i > 1 and turn[i - 2].whole in ("call", "called", "calls", "calling", "named", "name", "nicknamed"):
            score += WEIGHTS["naming"] + (2.5 if previous == "her" else 0.0)
        if previous in talk["talk.naming"]:
            score += WEIGHTS["naming"] if previous not in ("im", "i'm", "iam", "call") or closes or next_word in ("and", "from", "the", "your", "by", "here", "calling", "ringing", "im", "i'm") else 0.5
        if spoken_before in talk["talk.greetings"] and (i <= 3 or closes) and not (at_start or next_word in ("that", "for", "of")):
            score += WEIGHTS["greeting"] if closes or next_word in _FUNCTION or i <= 3 else 0.5
        if breath in talk["talk.toward"]:
            score += WEIGHTS["contact"] if previous in _CONTACT else WEIGHTS["toward"]
        if before and (before.fold in lists.given or before.fold in self.known.sure) and lists.level(before.fold) == 0:
            score += WEIGHTS["full_name"] if word in lists.surnames else 0.5
        if previous == "and" and i > 1 and (turn[i - 2].fold in self.met or turn[i - 2].fold in self.known.sure):
            score += WEIGHTS["and_name"]
        if next_word in ("he", "she", "thats", "that's", "he's", "she's", "hes", "shes"):
            score += WEIGHTS["apposition"] + (0.8 if i + 2 < len(turn) and turn[i + 2].whole in talk["talk.acts"] else 0.0)
        elif next_word in talk["talk.acts"]:
            score += 0.7 if at_start else 0.0
            score += WEIGHTS["weak_act"] if next_word in _WEAK_ACTS else WEIGHTS["act"]
        elif closes or next_word in _FUNCTION or next_word in _PREPOSITIONS:
            score += WEIGHTS["closes"]
        if token.stop > token.end:
            score += WEIGHTS["possessive"]
        if after is not None and not closes and self.reading.cased[n] and after.capital and after.whole != "i" and not after.whole.startswith("i'"):
            score += WEIGHTS["full_name"]
        if after is not None and not closes and not self.reading.cased[n] and lists.level(after.fold) == 0 and not after.number and len(after.fold) > 2 and weight >= 30:
            score += WEIGHTS["full_name"]
        asks = previous in ("what", "which") and next_word in talk["talk.acts"]
        if breath in talk["talk.not_a_name"] and not asks and previous != "our" and not (previous == "its" and not self.reading.cased[n]):
            score += WEIGHTS["determiner"]
        introduces = breath in ("im", "i'm") and (closes or next_word in _FUNCTION | _PREPOSITIONS)
        if breath in talk["talk.pronouns"] and not introduces:
            score += WEIGHTS["pronoun"]
        earlier = turn[i - 2].whole if i > 1 else ""
        if breath in _BEFORE_VERB or (breath == "to" and earlier in _WANTING):
            score += WEIGHTS["pronoun"]
        if next_word in ("it", "him", "me", "them", "us", "up") and not closes:
            score -= 1.5
        if word in _AUXILIARY:
            score += self._auxiliary(next_word, previous, closes)
        return score

    def _auxiliary(self, next_word: str, previous: str, closes: bool) -> float:
        """ "will", "may" and "can" are names only where no verb can follow them: "will hes got", "and will said"."""
        if next_word in ("hes", "shes", "he's", "she's", "says", "said", "goes", "was", "is", "has", "went", "came", "told", "who", "got", "rang", "phoned"):
            return 1.5
        if next_word in self.lists.cues["talk.verb_follow"] and next_word not in ("as", "well"):
            return WEIGHTS["auxiliary"]
        if previous in _CONTACT and next_word in _PREPOSITIONS | {"if", "to", "and", "what"}:
            return 0.5
        if closes and previous in self.lists.cues["talk.toward"] | self.lists.cues["talk.greetings"] | self.lists.cues["talk.naming"]:
            return 0.0
        if previous in self.lists.cues["talk.naming"] or previous in self.lists.cues["talk.titles"]:
            return 0.0
        return WEIGHTS["auxiliary"]

    def _titled(self, n: int, i: int) -> bool:
        """ "Mrs X", "doctor X", "Uncle X" — and not "my brother will be", "the doctor may"."""
        turn, lists = self.reading.tokens[n], self.lists
        if not i or (turn[i].opens and not (turn[i - 1].fold in ("mr", "mrs", "ms", "dr", "prof"))):
            return False
        title = turn[i - 1].fold
        if title not in lists.cues["talk.titles"]:
            return False
        if self.reading.cased[n]:
            return turn[i].capital
        word = turn[i].fold
        if title in ("mr", "mrs", "ms", "mister", "prof", "miss", "dr") and not (title in ("miss", "ms") and word not in lists.surnames and word not in lists.given):
            return title != "miss" or (i < 2 or turn[i - 2].whole not in lists.cues["talk.pronouns"] | {"to", "really", "dont", "would", "might", "and"})
        following = turn[i + 1].whole if i + 1 < len(turn) else ""
        if title in ("doctor", "judge", "officer", "nurse", "coach", "captain", "sergeant") and word in lists.surnames and word not in lists.cues["talk.acts"] | _FUNCTION | _PREPOSITIONS:
            return i < 2 or turn[i - 2].whole not in ("a", "my", "his", "her")
        if word in lists.cues["talk.acts"] | _FUNCTION | _PREPOSITIONS or word in _NEVER or (word in _AUXILIARY and following in lists.cues["talk.verb_follow"]):
            return False
        listed = word in lists.given or (word in lists.surnames and lists.level(word) >= 20)
        owned = i > 1 and turn[i - 2].whole in lists.cues["talk.not_a_name"]
        ends = i + 1 >= len(turn) or turn[i + 1].pause or following in lists.cues["talk.acts"]
        return listed or (title in _KIN_TITLES and not owned and (lists.level(word) >= 20 or ends))

    def _initial(self, n: int, i: int) -> bool:
        """J.T., H. A.: single capitals with stops between them that are no abbreviation everybody uses."""
        turn, text = self.reading.tokens[n], self.reading.texts[n]
        token = turn[i]
        if not _letter(token):
            return False
        stops = text[token.end : token.end + 1] == "."
        joint = (".", ". ") if stops else (" ",)
        first = i
        while first > 0 and _letter(turn[first - 1]) and text[turn[first - 1].end : turn[first].start] in joint:
            first -= 1
        last = i
        while last + 1 < len(turn) and _letter(turn[last + 1]) and text[turn[last].end : turn[last + 1].start] in joint:
            last += 1
        letters = "".join(t.fold for t in turn[first : last + 1])
        if last == first:
            return stops and token.capital and i + 1 < len(turn) and turn[i + 1].capital and self.lists.level(turn[i + 1].fold) == 0 and token.fold != "i"
        if letters in _ABBREVIATIONS or len(letters) > 3 or set(letters) == {"i"}:
            return False
        if stops:
            return True
        if len(letters) != 2 or letters in self.lists.safe:
            return letters in self.known.initials
        before = turn[first - 1].whole if first else ""
        after = turn[last + 1].whole if last + 1 < len(turn) else ""
        talk = self.lists.cues
        if letters[0] in "ai" and not turn[first].capital:
            return letters in self.known.initials
        told = before in _CONTACT or before in talk["talk.kin"] or before in talk["talk.naming"]
        return letters in self.known.initials or (letters not in ("ai", "ia") and (after in talk["talk.acts"] or turn[last].stop > turn[last].end or told))

    # -- helpers

    def _look_alikes(self, n: int) -> set[int]:
        """Tokens that are medicines, brands, languages …: kept unless talk shows somebody of that name."""
        turn, lists = self.reading.tokens[n], self.lists
        safe = {i for i, t in enumerate(turn) if t.whole in lists.safe or t.fold in lists.safe or lists.is_medicine(t.fold)}
        for i, token in enumerate(turn):
            dose = i + 1 < len(turn) and (turn[i + 1].number or turn[i + 1].fold in lists.cues["medicine.units"])
            of = i > 1 and turn[i - 1].fold == "of" and turn[i - 2].fold in lists.cues["medicine.units"]
            if (of or dose and i and turn[i - 1].fold in ("on", "the", "of", "some", "my", "taking", "take")) and token.fold not in lists.given and token.fold not in self.known.sure:
                safe.add(i)
        return safe

    def _public_figures(self, n: int) -> set[int]:
        """Tokens of names everybody knows, unless the roster has somebody of that name or a title or kinship word stands before."""
        turn, lists = self.reading.tokens[n], self.lists
        figures: set[int] = set()
        for i, token in enumerate(turn):
            for phrase in lists.phrases.get(token.fold, ()):
                k = i + len(phrase)
                if tuple(t.fold for t in turn[i:k]) == phrase and not any(t.fold in self.known.sure for t in turn[i:k]):
                    kin = i > 1 and turn[i - 1].fold in lists.cues["talk.kin"] and turn[i - 2].whole in lists.cues["talk.possessives"] - {"the"}
                    if len(phrase) > 1 or not (kin or self._titled(n, i)):
                        figures |= set(range(i, k))
                    break
        return figures

    def _false_starts(self, n: int, hits: list[bool]) -> None:
        """ "pa pat", "Wi- Wiremu": the beginning of a name straight before it."""
        turn = self.reading.tokens[n]
        for i in range(len(turn) - 1):
            if not hits[i] and hits[i + 1] and 1 < len(turn[i].fold) < len(turn[i + 1].fold) and turn[i + 1].fold.startswith(turn[i].fold):
                hits[i] = self.lists.level(turn[i].fold) >= 20 or turn[i].fold in self.lists.safe
        for i in range(len(turn) - 2, -1, -1):  # "al hashimi", "ap-Rhys", "Farah de la Cruz": what belongs to the name behind it
            if not hits[i] and hits[i + 1] and turn[i].fold in _PARTICLES and (turn[i + 1].tight or turn[i].capital or (i and hits[i - 1])):
                hits[i] = True

    def _join(self, n: int, hits: list[bool]) -> list[Identifier]:
        turn, text = self.reading.tokens[n], self.reading.texts[n]
        out: list[Identifier] = []
        last = -1
        for i, hit in enumerate(hits):
            if not hit:
                continue
            token = turn[i]
            end = _stem(token, self.lists)[1] if token.end == token.stop else token.end
            kind = self._kind(n, i)
            gap = text[out[-1].end : token.start] if out else ""
            if out and last == i - 1 and turn[last].end == turn[last].stop and gap in (" ", "-", ".", ". ") and out[-1].kind is kind and not (gap == ". " and not self._initial(n, last)):
                out[-1] = Identifier(out[-1].start, end, kind, "name")
            else:
                out.append(Identifier(token.start, end, kind, "name"))
            last = i
        closed = []
        for one in out:  # the stop of the last initial belongs to the name
            stop = one.end < len(text) and text[one.end] == "." and one.end - one.start >= 3 and text[one.end - 2] == "."
            closed.append(Identifier(one.start, one.end + 1, one.kind, one.source) if stop else one)
        return closed

    def _kind(self, n: int, i: int) -> Kind:
        turn, lists = self.reading.tokens[n], self.lists
        word, label = _stem(turn[i], lists)[0], self._labels[n][i]
        if word in self.known.sure or word in self.known.likely or self._titled(n, i):
            return Kind.NAME
        before = turn[i - 1].fold if i else ""
        place_talk = before in ("in", "near", "outside", "from", "through", "around")
        listed_place = word in lists.places
        if label in _PLACES and (listed_place or place_talk or lists.given.get(word, 0) < 35):
            return Kind.LOCATION
        if listed_place and place_talk and label not in _PEOPLE:
            return Kind.LOCATION
        if label == "ORG" and lists.given.get(word, 0) < 35 and word not in self.met:
            return Kind.ORG
        if listed_place and lists.given.get(word, 0) < 30 and word not in lists.surnames and label not in _PEOPLE:
            return Kind.LOCATION
        return Kind.NAME


_ABBREVIATIONS = frozenset("am pm us uk usa eg ie nhs gp tv pe dc otp pta cbt gcse phd ba ma bsc ssri er ed id ok rip aa pc mp ni uc cv hr it diy ps ad bc".split())


def _letter(token: Token) -> bool:
    return token.end - token.start == 1 and not token.number


def _stem(token: Token, lists: Lists) -> tuple[str, int]:
    """The name in a word and where it ends: speech recognition writes the possessive without its apostrophe ("yusufs")."""
    word = token.fold
    if len(word) > 3 and word.endswith("s") and word not in lists.given and word not in lists.surnames and word not in lists.places and not lists.level(word):
        bare = word[:-1]
        if bare in lists.given or bare in lists.surnames or not word.endswith(("ss", "is", "us", "as", "os")):
            return bare, token.end - 1
    return word, token.end


def model_labels(reading: Reading, n: int) -> list[str]:
    """The model's label for each token of turn n, "" where it sees nothing."""
    labels = [""] * len(reading.tokens[n])
    if reading.entities:
        for start, end, label in reading.entities[n]:
            for i, token in enumerate(reading.tokens[n]):
                if token.start >= start and token.end <= end:
                    labels[i] = label
    return labels

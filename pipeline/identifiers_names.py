"""Names of people and of single-word places: what is no English word, what stands in capitals, what talk shows to be
a name.

A word that no list knows is taken for a name in text without capitals; in text with capitals a capital inside a
sentence is enough. Names that are also words (Will, Joy, May, Rose, Mark) are weighed by `identifiers_weighing`.
"""

from __future__ import annotations

from collections.abc import Set

from pipeline.identifiers import Identifier, Reading
from pipeline.identifiers_initials import is_initial
from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_look_alikes import look_alikes, public_figures
from pipeline.identifiers_name_spans import NameSpans
from pipeline.identifiers_spelling import misspelled
from pipeline.identifiers_spot import UNLISTED
from pipeline.identifiers_stems import LISTED, PLACE_LABELS, stem

ENOUGH = 2.5  # of the score of `Weighing`, where capitals help
ENOUGH_LOWER = 1.3  # without capitals a name has fewer ways to show


class NameSearch(NameSpans):
    """The search for names in one session. `met` are names found with certainty, here and in the client's other
    sessions."""

    def __init__(self, reading: Reading, lists: Lists, known: KnownForms, met: Set[str]) -> None:
        super().__init__(reading, lists, known, met)
        turns = range(len(reading.tokens))
        self._figures = [public_figures(self.weighing, n) for n in turns]
        self._safe = [look_alikes(self.weighing, n) for n in turns]

    def __repr__(self) -> str:
        return f"NameSearch({len(self.reading.tokens)} turns, {len(self.met)} names met)"

    # -- the two questions

    def find(self) -> list[list[Identifier]]:
        """All names of people and single-word places, turn by turn; adjacent parts of one name are one Identifier."""
        hits = [[self.is_name(n, i) for i in range(len(turn))] for n, turn in enumerate(self.reading.tokens)]
        for n in range(len(hits)):
            self.add_parts(n, hits[n])
        self.add_false_starts(hits)
        return [self.join(n, found) for n, found in enumerate(hits)]

    def certain(self) -> set[str]:
        """Folded names this session shows on strong grounds, once or by several weaker signs; the sweep looks for
        them everywhere."""
        found: set[str] = set()
        signs: dict[str, list[float]] = {}
        for n, turn in enumerate(self.reading.tokens):
            for i, token in enumerate(turn):
                word = stem(token, self.lists, self.known.sure)[0]
                if (
                    len(word) < 3
                    or token.number
                    or word in self.lists.safe
                    or word in self.met
                    or i in self._figures[n]
                ):
                    continue
                level = self.lists.level(token.whole if word == token.fold else word)
                if level and ("'" in token.fold or self._is_talk(word)):
                    continue
                weighed = not self.lists.has("names.auxiliary", word) and not self.lists.has("names.never", word)
                if level and weighed and (not self.reading.cased[n] or token.opens):
                    if level >= 35 or self.weighing.weight(word) >= LISTED:
                        signs.setdefault(word, []).append(self.weighing.cues(n, i, word))
                elif (
                    self.is_name(n, i)
                    and self.labels[n][i] not in PLACE_LABELS
                    and (not level or self._is_listed(word))
                ):
                    found.add(word)
        return found | {word for word, cues in signs.items() if self._is_shown(word, cues)}

    def _is_shown(self, word: str, cues: list[float]) -> bool:
        """Do the cues of all its places together show a word to be a name?"""
        listed = self.weighing.weight(word) >= LISTED
        prior, strongest = self.weighing.prior(word, self.lists.level(word)), max(cues)
        against = sum(c <= -1.0 for c in cues)
        if listed and strongest >= 1.5 and strongest + prior >= ENOUGH + 0.8 and against <= len(cues) / 3:
            return True
        several, enough, best = (2, 3.0, 1.5) if listed else (3, 6.0, 2.5)
        total = sum(cues) + min(prior, 0.0)
        return not against and strongest >= best and total >= enough and sum(c > 0.7 for c in cues) >= several

    # -- one word

    def is_name(self, n: int, i: int) -> bool:
        """Is token i of turn n a name, or part of one?"""
        token = self.reading.tokens[n][i]
        if token.number or len(token.fold) < 2:
            return not token.number and is_initial(self.weighing, n, i)
        lists, cased = self.lists, self.reading.cased[n]
        word = stem(token, lists, self.known.sure)[0]
        level = lists.level(token.whole if token.whole == token.fold and word == token.fold else word)
        if level and word not in lists.words and not self.reading.texts[n][token.start : token.end].isascii():
            level = 0  # letters with accents: no English word was made into this one
        known = word in self.known.sure or word in self.met
        if i in self._figures[n]:
            return False
        if i in self._safe[n]:
            strong = self.weighing.score(n, i, word, level or 10) >= (ENOUGH + 1.0 if cased else ENOUGH_LOWER + 0.6)
            return strong and (known or lists.given.get(word, 0) >= 30)
        if cased and token.capital:
            return self._is_capital_name(n, i, word, level, known)
        if cased:
            if level:
                return word in self.known.sure and level >= 50
            return (
                known or (lists.given.get(word, 0) >= 40 and len(word) > 3) or bool(misspelled(word, self.known.sure))
            )
        if level == 0:
            letters_only = len(word) <= 4 and not set(word) & set("aeiouy") and self.weighing.weight(word) <= UNLISTED
            if lists.has("names.also_words", word) and not known and self.weighing.is_word(n, i, word):
                return False
            return known or not letters_only or self.weighing.cues(n, i, word) >= 1.5
        return self._is_name_and_word(n, i, word, level)

    def _is_listed(self, word: str) -> bool:
        return word in self.lists.given or word in self.lists.surnames

    def _is_talk(self, word: str) -> bool:
        return word in self.lists.spoken and self.lists.given.get(word, 0) < LISTED

    def _is_name_and_word(self, n: int, i: int, word: str, level: int) -> bool:
        """A word of the language in text without capitals: is it a name here?"""
        has, sure, met = self.lists.has, word in self.known.sure, word in self.met
        if has("names.function", word) or (has("names.prepositions", word) and not sure):
            return False
        if self._is_surname_or_town(n, i, word, level):
            return True
        if (has("names.never", word) and not sure) or self._is_talk(word):
            return self.weighing.titled(n, i)
        if level >= 20 and self.weighing.is_called(n, i):
            return True
        if self.weighing.weight(word) <= UNLISTED and not (sure or met or word in self.known.likely):
            enough = 4.0 if word in self.lists.words else 3.0  # "Nils" looks like an English word, but is none
            strong = level >= 35 and "'" not in word and self.weighing.cues(n, i, word) >= enough
            return strong or self.weighing.titled(n, i)
        if level >= 20 and (met or sure) and not has("names.auxiliary", word):
            return self.weighing.cues(n, i, word) > -1.0
        return self.weighing.score(n, i, word, level) >= ENOUGH_LOWER

    def _is_capital_name(self, n: int, i: int, word: str, level: int, known: bool) -> bool:
        turn, lists = self.reading.tokens[n], self.lists
        token, label = turn[i], self.labels[n][i]
        if token.caps and len(token.fold) <= 5 and not known:
            return level == 0 and (word in lists.given or self.weighing.score(n, i, word, 35) >= ENOUGH)
        if level == 0:
            return True
        if token.whole == "i" or "'" in token.fold:
            return False
        if not token.opens:
            return True
        if word in lists.given or known or word in lists.surnames or word in lists.places or level >= 35:
            if lists.has("names.never", word) and not known:
                return self.weighing.titled(n, i)
            return self.weighing.score(n, i, word, level) >= ENOUGH
        following = self.weighing.spot(n, i).next
        named = label in ("ORG", "FAC", "GPE", "PERSON", "LOC") and level >= 20
        return named and following is not None and following.capital and self.labels[n][i + 1] == label

    def _is_surname_or_town(self, n: int, i: int, word: str, level: int) -> bool:
        """ "ngaire young lived", "from bath", "in reading haven't": a surname behind a name, a town behind a
        preposition."""
        spot, has, lists = self.weighing.spot(n, i), self.lists.has, self.lists
        if not i or spot.token.pause or has("names.never", word):
            return False
        before = spot.turn[i - 1]
        after = "" if spot.pauses else spot.after
        acts = has("talk.acts", after)
        free = (
            not after
            or acts
            or has("names.function", after)
            or has("names.prepositions", after)
            or after.endswith(("n't", "nt"))
        )
        surname = 0 if has("talk.acts", word) or has("names.person_verbs", word) else lists.surnames.get(word, 0)
        if surname >= 45 and lists.given.get(before.fold, 0) >= 40 and lists.level(before.fold) >= 20 and acts:
            return not has("names.weak_acts", after)
        if (
            surname >= 40
            and not before.number
            and len(before.fold) > 1
            and before.end == before.stop
            and not lists.level(before.whole)
        ):
            return free
        if word not in lists.places or after in (
            "it",
            "that",
            "a",
            "the",
            "my",
            "your",
            "her",
            "his",
            "him",
            "me",
            "them",
        ):
            return False
        if before.whole == "to" and level >= 10:
            return free and any(has("names.motion", t.whole) for t in spot.turn[max(0, i - 5) : i - 1])
        return has("addresses.named_by_town", before.whole) and (
            free or (self.labels[n][i] in PLACE_LABELS and level >= 20)
        )

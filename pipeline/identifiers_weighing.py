"""How likely is it that a word is somebody's name here? One number: what the word is, plus what stands around it.

The prior sets the name's commonness against the word's; cues of talk ("my sister X", "thanks X", "X said"), the model
and what is known of the client add to it or take from it. All weights stand in `identifiers_spot.WEIGHTS`; the words are in
lexicons/identifiers/cues.toml.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from pipeline.identifiers import Reading
from pipeline.identifiers_auxiliaries import auxiliary
from pipeline.identifiers_frames import in_relative_clause, is_meant, kind_of_word, placed, where_people_stand
from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import Lists
from pipeline.identifiers_spot import UNLISTED, WEIGHTS, Spot


@dataclass(frozen=True, slots=True)
class Weighing:
    """What one session and its client tell about words that may be names."""

    reading: Reading
    lists: Lists
    known: KnownForms
    met: Set[str] = field(repr=False)
    labels: tuple[tuple[str, ...], ...] = field(repr=False)  # the model's label of each token, "" for none

    def spot(self, n: int, i: int) -> Spot:
        return Spot(self.reading.tokens[n], i, self.reading.cased[n])

    def weight(self, word: str) -> int:
        """How common a name is, as in given_names.txt; surnames stand alone less often."""
        return max(self.lists.given.get(word, UNLISTED), min(38, self.lists.surnames.get(word, 0) - 12))

    def prior(self, word: str, level: int) -> float:
        """How much likelier the name is than the word, before anything around it is looked at."""
        score = (self.weight(word) - 40) / 10 + (level - 20) / 15
        if word in self.known.sure:
            return score + WEIGHTS["known"]
        if word in self.met:
            return score + WEIGHTS["met"]
        return score + WEIGHTS["nickname"] if word in self.known.likely else score

    def score(self, n: int, i: int, word: str, level: int) -> float:
        return self.prior(word, level) + self.cues(n, i, word)

    def cues(self, n: int, i: int, word: str) -> float:
        """What stands around a word, for and against a name."""
        spot = self.spot(n, i)
        found = self._called(spot, word) + self._followed(spot, word) + self._against(spot, word)
        if self.weight(word) >= 36 or word in self.known.sure:
            found += placed(spot, self.lists) + where_people_stand(spot, word, self.lists)
            if not spot.cased:
                found += kind_of_word(spot, word, self.lists)
        if self.labels[n][i] == "PERSON":
            doubtful = not spot.cased and self.lists.has("names.mass", word)  # given capitals, "Joy" is a person to it
            found += WEIGHTS["model_doubtful"] if doubtful else WEIGHTS["model"]
        return found + (WEIGHTS["title"] if self.titled(n, i) else 0.0)

    def titled(self, n: int, i: int) -> bool:
        """ "Mrs X", "doctor X", "Uncle X" — and not "my brother will be", "the doctor may"."""
        spot, has, lists = self.spot(n, i), self.lists.has, self.lists
        title = spot.turn[i - 1].fold if i else ""
        if not has("talk.titles", title) or (spot.token.opens and title not in ("mr", "mrs", "ms", "dr", "prof")):
            return False
        if spot.cased:
            return spot.token.capital
        word = spot.token.fold
        named = word in lists.surnames or word in lists.given
        if has("names.titles_surname", title) and (named or title not in ("miss", "ms")):
            verb = has("talk.pronouns", spot.back(2)) or spot.back(2) in (
                "to",
                "really",
                "dont",
                "would",
                "might",
                "and",
            )
            return title != "miss" or not verb
        ordinary = (
            has("talk.acts", word)
            or has("names.person_verbs", word)
            or has("names.function", word)
            or has("names.prepositions", word)
        )
        if has("names.titles_work", title) and word in lists.surnames and not ordinary:
            return spot.back(2) not in ("a", "my", "his", "her")
        modal = has("names.auxiliary", word) and has("talk.verb_follow", spot.after)
        if ordinary or modal or has("names.never", word):
            return False
        if word in lists.given or (word in lists.surnames and lists.level(word) >= 20):
            return True
        owned = has("talk.not_a_name", spot.back(2))
        return (
            has("names.kin_titles", title)
            and not owned
            and (lists.level(word) >= 20 or spot.pauses or has("talk.acts", spot.after))
        )

    def is_called(self, n: int, i: int) -> bool:
        """ "a dog called X", "the baby is called X": whatever word that is."""
        spot, has = self.spot(n, i), self.lists.has
        if spot.breath not in ("called", "named") or not (spot.closes or self._goes_on(spot.after)):
            return False
        who = 3 if spot.back(2) in ("is", "are") else 2
        return has("talk.kin", spot.back(who)) or (who == 2 and spot.back(2) in ("hes", "shes", "he's", "she's"))

    def is_word(self, n: int, i: int, word: str) -> bool:
        """ "a lily", "they sue": does what stands around it leave only the word of the language?"""
        spot, has = self.spot(n, i), self.lists.has
        verb = spot.breath in ("i", "we", "they", "wanna") or has("names.before_verb", spot.breath)
        verb = verb or (spot.breath == "to" and has("names.wanting", spot.back(2)))
        verb = verb and word in ("rob", "sue") and not spot.pauses
        return not self.titled(n, i) and (spot.breath in ("a", "an", "the") or verb)

    # -- two kinds of cue, and what speaks against them

    def _called(self, spot: Spot, word: str) -> float:
        """What is said before somebody's name."""
        has, before, found = self.lists.has, spot.before, 0.0
        weight = self.weight(word)
        if spot.token.pause and spot.pauses and weight >= 36:
            found += WEIGHTS["vocative"]
        if has("talk.kin", before) or has("talk.kin", before.removesuffix("'s")):
            owner = spot.back(2)
            owned = has("talk.possessives", owner) or owner.endswith("'s") or has("talk.possessives", spot.back(3))
            found += WEIGHTS["kin"] if owned else WEIGHTS["kin_loose"]
        if before == "our" and (weight >= 36 or word in self.known.sure):
            found += WEIGHTS["our"]
        if has("names.objects", before) and has("names.naming_verbs", spot.back(2)):
            found += WEIGHTS["naming"] - (WEIGHTS["determiner"] if before == "her" else 0.0)
        if has("talk.naming", before):
            plain = before not in ("im", "i'm", "iam", "call")
            found += (
                WEIGHTS["naming"]
                if plain or spot.closes or has("names.introduces", spot.after)
                else WEIGHTS["naming_loose"]
            )
        if (
            has("talk.greetings", spot.back(1))
            and (spot.i <= 3 or (spot.closes and spot.back(1) not in ("well", "so", "now", "no", "love", "look")))
            and spot.after not in ("that", "for", "of")
        ):
            found += WEIGHTS["greeting"]
        if has("talk.toward", spot.breath):
            found += WEIGHTS["contact"] if has("names.contact", before) else WEIGHTS["toward"]
        if before and self.lists.level(before) == 0 and (before in self.lists.given or before in self.known.sure):
            found += WEIGHTS["full_name"] if word in self.lists.surnames else WEIGHTS["given_before"]
        if before == "and" and (spot.back(2) in self.met or spot.back(2) in self.known.sure):
            found += WEIGHTS["and_name"]
        return found

    def _followed(self, spot: Spot, word: str) -> float:
        """What is said after somebody's name."""
        has, after, found = self.lists.has, spot.after, 0.0
        if has("names.apposition", after):
            acts = spot.i + 2 < len(spot.turn) and has("talk.acts", spot.turn[spot.i + 2].whole)
            found += WEIGHTS["apposition"] + (WEIGHTS["apposition_act"] if acts else 0.0)
        elif has("talk.acts", after):
            found += WEIGHTS["weak_act"] if has("names.weak_acts", after) else WEIGHTS["act"]
            found += WEIGHTS["opening_act"] if spot.token.opens else 0.0
        elif spot.closes or (self._goes_on(after) and not has("names.object_after", after)):
            found += WEIGHTS["closes"]
        if has("names.question", after) and (spot.i <= 5 or spot.back(1) == "you"):
            found += WEIGHTS["greeting"] if spot.back(1) == "you" else 0.0
        if spot.token.stop > spot.token.end:
            found += WEIGHTS["possessive"]
        if spot.next and spot.cased:
            found += WEIGHTS["full_name"] if spot.next.capital and not after.startswith("i'") and after != "i" else 0.0
        elif spot.next and not spot.next.number and len(spot.next.fold) > 2 and self.weight(word) >= 30:
            verb = (
                has("names.social", word) or has("names.contact", word) or has("names.letting", word)
            )  # "trust Emeka"
            found += WEIGHTS["full_name"] if self.lists.level(spot.next.fold) == 0 and not verb else 0.0
        return found

    def _against(self, spot: Spot, word: str) -> float:
        """What shows an ordinary noun, adjective or verb."""
        has, breath, after, found = self.lists.has, spot.breath, spot.after, 0.0
        asks = breath in ("what", "which", "that") and has("talk.acts", after)  # "he said that mark left"
        asks = asks or (breath == "that" and (has("names.modals", after) or after in ("is", "was", "has")))
        asks = asks or (has("names.person_verbs", after) and in_relative_clause(spot, self.lists))
        asks = asks or (breath == "that" and spot.back(2) == "is" and spot.i < 8)  # "hello is that mark"
        asks = asks or (breath == "no" and spot.i == 1 and has("talk.acts", after))  # "no, X is my middle one"
        if has("talk.not_a_name", breath) and not asks and breath != "our" and not (breath == "its" and not spot.cased):
            found += WEIGHTS["determiner"]
        if breath in ("a", "an", "the", "some", "no", "any", "every") and not asks:
            found += WEIGHTS["article"]
        introduces = breath in ("im", "i'm") and (spot.closes or self._goes_on(after))
        arrived = breath == "there" and spot.back(2) in ("got", "get", "been", "went", "was", "were")
        if has("talk.pronouns", breath) and not (introduces or asks or arrived or is_meant(spot)):
            addressed = spot.pauses or has("names.question", after)
            found += WEIGHTS["verb"] if has("names.verbs", word) or not addressed else 0.0
        if breath == "of" and has("names.quantity", spot.back(2)):
            found += WEIGHTS["determiner"]
        asked = has("names.base_verbs", after)  # "did rose mean it?"
        if (has("names.before_verb", breath) and not asked) or (breath == "to" and has("names.wanting", spot.back(2))):
            found += WEIGHTS["verb"]
        if has("talk.kin", breath) and has("names.person_verbs", word) and word not in self.lists.given:
            found += 2 * WEIGHTS["verb"]  # "my sister cooks"
        handled = has("names.handling", breath) and has("names.handled", after)
        if has("names.object_after", after) and not handled:
            found += WEIGHTS["object"]
        return found + (auxiliary(spot, self.lists) if has("names.auxiliary", word) else 0.0)

    def _goes_on(self, after: str) -> bool:
        """A word no noun phrase would go on with."""
        return self.lists.has("names.function", after) or self.lists.has("names.prepositions", after)

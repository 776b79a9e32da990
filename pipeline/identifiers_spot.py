"""A word and what stands beside it, and how much each sign of talk counts for or against a name."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.identifiers import Token

WEIGHTS = {
    "known": 3.0,  # on the roster
    "met": 2.0,  # shown to be a name elsewhere in the client's sessions
    "nickname": 1.5,  # what people make of a name on the roster
    "model": 1.2,  # the named-entity model sees a person
    "model_doubtful": 0.8,  # the same of "joy" in text that had no capitals
    "title": 4.0,  # Mrs X
    "kin": 2.5,  # my sister X
    "kin_loose": 1.0,  # sister X
    "our": 4.0,  # our X, northern English for a relative
    "naming": 3.0,  # called X
    "naming_loose": 0.5,  # im X, and more follows
    "greeting": 2.0,  # thanks X
    "vocative": 1.7,  # … , X.
    "contact": 1.5,  # told X
    "toward": 1.0,  # with X
    "and_name": 1.0,  # Emeka and X
    "given_before": 0.5,
    "act": 1.5,  # X said
    "weak_act": 0.8,  # X is
    "opening_act": 0.7,  # the same at the start of a sentence
    "apposition": 1.5,  # X she
    "apposition_act": 0.8,  # X she said
    "closes": 0.8,  # nothing follows that a noun phrase would need
    "possessive": 1.5,  # X's
    "full_name": 2.5,  # X Okafor
    "subject": 1.0,  # that X will, when X said
    "asked": 1.7,  # what would X say
    "handled": 1.7,  # pick X up
    "given": 2.2,  # sent X a message
    "who": 2.2,  # it was X who; this woman, X, who
    "person_verb": 1.2,  # X knitted, X crying
    "relative": 2.0,  # the jumper that X knitted
    "social": 1.6,  # blame X, engaged to X
    "letting": 1.5,  # let X go, want X to know
    "state": 1.2,  # X was born
    "identity": 2.0,  # the only one was X
    "imperative": 0.8,  # hi X come in
    "company": 1.5,  # me and X
    "bare": 0.8,  # a counted noun without an article
    "mass": -0.7,  # "joy" needs no article; twice that after a preposition
    "predicate": -2.5,  # is rich, so sunny
    "determiner": -2.5,  # the x, some x
    "article": -1.5,  # a x: more against than other determiners
    "verb": -3.0,  # i x, will x, want to x
    "object": -1.5,  # x it
    "auxiliary": -5.0,  # will be
}
UNLISTED = 28  # weight of a word no list of names has; the lists begin at 25, common names are at 50


@dataclass(frozen=True, slots=True)
class Spot:
    """One token and its neighbours, as words ("" where there is none or a sentence ends between)."""

    turn: tuple[Token, ...] = field(repr=False)
    i: int
    cased: bool

    @property
    def token(self) -> Token:
        return self.turn[self.i]

    def back(self, k: int) -> str:
        """The k-th word before, whatever stands between."""
        return self.turn[self.i - k].whole if self.i >= k else ""

    @property
    def before(self) -> str:
        return "" if self.token.opens else self.back(1)

    @property
    def breath(self) -> str:
        """The word before without a comma between."""
        return "" if self.token.pause else self.back(1)

    @property
    def next(self) -> Token | None:
        after = self.turn[self.i + 1] if self.i + 1 < len(self.turn) else None
        return None if after is None or after.opens else after

    @property
    def after(self) -> str:
        return self.next.whole if self.next else ""

    @property
    def closes(self) -> bool:
        return self.next is None

    @property
    def pauses(self) -> bool:
        """Nothing, a comma or the end of a sentence follows."""
        return self.i + 1 >= len(self.turn) or self.turn[self.i + 1].pause

"""The phrase language of the lexicons, and the plain words it is matched against.

A phrase is words with spaces, in lower case and without apostrophes, so that the same phrase finds typed and
speech-recognised talk ("don't" and "dont" are both `dont`):

    (i)? (dont|do not) know         alternatives in brackets, `?` after an item that may be missing
    you never ... listen            `...` stands for up to six words, as few as will do
    ^ fine $                        `^` and `$` are the first and last word of the turn
    [pause]  [looks]                a transcribed event, "[pause 6s]" or "(looks at her lap)", by its first word

`[NAME_1]`, `[ORG_2]` ... read as the words `[name]`, `[org]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

TOKEN = re.compile(
    r"\[(?P<event>[^\W\d_]+)[^\]]*\]|\((?P<gesture>[^)]*)\)|(?P<word>[^\W_]+(?:['’\-][^\W_]+)*)(?P<cut>-{1,2}(?!\w)|—)?"
)
SENTENCE_END = re.compile(r"[.?!…]+[\"'”’)]*(?=\s|$)")
APOSTROPHES = str.maketrans("", "", "'’")


@dataclass(frozen=True)
class Words:
    """A turn as plain words: `plain[i]` stands at text[starts[i]:ends[i]]. Events are words in square brackets."""

    text: str = field(repr=False)
    plain: tuple[str, ...] = field(repr=False)
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The words without the transcribed events; pseudonyms such as [name] are spoken."""
        return tuple(w for w in self.plain if w[0] != "[" or w in PSEUDONYMS)

    @cached_property
    def line(self) -> str:
        return " ".join(self.plain)

    @cached_property
    def _word_at(self) -> dict[int, int]:
        at, where = 0, {}
        for i, word in enumerate(self.plain):
            where[at] = i
            at += len(word) + 1
        return where

    def matches(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Yield (first word, last word) of every match; a match is whole words by construction of the pattern."""
        for m in pattern.finditer(self.line):
            first = self._word_at.get(m.start())
            if first is not None and m.end() > m.start():
                yield first, first + m.group().rstrip().count(" ")

    def sentence_around(self, first: int, last: int) -> tuple[int, int]:
        """Character span of the sentences that hold these words; where nothing marks a sentence, of about a breath.

        Speech recognition writes no full stops: there a span of up to 8 words either side stands for the sentence.
        """
        ends = [m.end() for m in SENTENCE_END.finditer(self.text)]
        if ends:
            start = max((e for e in ends if e <= self.starts[first]), default=0)
            start += len(self.text[start:]) - len(self.text[start:].lstrip())
            end = min((e for e in ends if e >= self.ends[last]), default=len(self.text.rstrip()))
            return start, end
        return self.starts[max(0, first - 8)], self.ends[min(len(self.ends) - 1, last + 8)]


PSEUDONYMS = frozenset({"[name]", "[location]", "[org]", "[date]", "[age]", "[phone]", "[email]", "[id]", "[url]"})


@lru_cache(maxsize=8192)
def words_of(text: str) -> Words:
    """Split a turn into plain words with their places. Cached: stages ask for the same turn again and again."""
    plain, starts, ends = [], [], []
    for m in TOKEN.finditer(text):
        if m["event"]:
            word = f"[{m['event'].lower()}]"
        elif m["gesture"] is not None:
            first = re.match(r"\W*(\w*)", m["gesture"])
            word = f"[{first[1].lower() if first else ''}]"
        else:
            word = m["word"].lower().translate(APOSTROPHES)
        plain.append(word)
        starts.append(m.start())
        ends.append(m.end("word") if m["word"] else m.end())
    return Words(text, tuple(plain), tuple(starts), tuple(ends))


SIGN = re.compile(r"\s*(?:(?P<gap>\.\.\.)|(?P<sign>[()|?^$])|(?P<word>[^\s()|?^$]+))")


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile phrases to one pattern over `Words.line`.

    Raises ValueError naming the phrase where it is empty or its brackets do not close.
    """
    return re.compile("|".join(_one(p) for p in phrases))


def _one(phrase: str) -> str:
    """Every word takes the space after it, so that items can be strung together and left out freely."""
    out, depth, signs = [r"(?:(?<!\S)"], 0, list(SIGN.finditer(phrase))
    for m in signs:
        if m["gap"]:
            out.append(r"(?:\S+(?:\s|$)){0,6}?")
        elif m["word"]:
            out.append(rf"(?:{re.escape(m['word'])}(?:\s|$))")
        elif m["sign"] == "(":
            out.append("(?:")
        elif m["sign"] in ")|?":
            out.append(m["sign"])
        else:
            out.append(r"(?<![\s\S])" if m["sign"] == "^" else r"(?=\s?$)")
        depth += (m["sign"] == "(") - (m["sign"] == ")")
        if depth < 0 or (m["sign"] == "|" and depth == 0):
            raise ValueError(f"phrase {phrase!r}: `{m['sign']}` stands outside brackets")
    if not signs or depth:
        raise ValueError(f"phrase {phrase!r}: {'a bracket does not close' if depth else 'empty'}")
    return "".join(out) + ")"

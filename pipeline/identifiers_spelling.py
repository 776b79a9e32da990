"""Known names in other spellings: typed wrong, misheard by speech recognition, said letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_known import KnownForms
from pipeline.identifiers_lists import Lists

_SOUND = (  # as written, as it sounds; longer spellings first
    "ph f,gh g,ck k,qu k,x ks,sch s,sh s,zh s,tch c,ch c,th t,dh d,bh b,kh k,wh w,c k,q k,z s,v f,j g"
)


def skeleton(word: str) -> str:
    """Consonants as they sound, so that what speech recognition heard can be laid beside a name."""
    for written, sound in (pair.split() for pair in _SOUND.split(",")):
        word = word.replace(written, sound)
    bones = re.sub(r"[aeiouyhw']", "", word)
    return re.sub(r"(.)\1+", r"\1", bones)


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap neighbours) between two words; stops counting above `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before, last = list(range(len(b) + 1)), list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


def misspelled(word: str, names: Iterable[str]) -> str | None:
    """The known name that `word` is a misspelling of: one edit from five letters on, two from eight on."""
    for name in names:
        limit = 2 if len(name) >= 8 else 1 if len(name) >= 5 else 0
        if limit and word[0] == name[0] and distance(word, name, limit) <= limit:
            return name
    return None


def find_misheard(reading: Reading, known: KnownForms, lists: Lists) -> list[list[Identifier]]:
    """Two short words that together sound like a known name: speech recognition cuts names it does not know."""
    sounds = {skeleton(n): n for n in known.sure if len(n) >= 5 and len(skeleton(n)) >= 2}
    out: list[list[Identifier]] = []
    for turn, cased in zip(reading.tokens, reading.cased, strict=True):
        found = []
        for a, b in pairwise(turn):
            if a.fold in known.sure or b.fold in known.sure or cased or b.opens or len(a.fold) + len(b.fold) > 12:
                continue
            rare = max(lists.level(a.fold), lists.level(b.fold))
            joined = a.fold + b.fold
            name = sounds.get(skeleton(joined)) if rare >= 35 else None
            if name and distance(joined, name, len(name) // 2 + 1) <= len(name) // 2 + 1:
                found.append(Identifier(a.start, b.end, Kind.NAME, "misheard"))
        out.append(found)
    return out


def find_spelled(reading: Reading, known: Iterable[str], lists: Lists) -> list[list[Identifier]]:
    """A name said letter by letter: K-E-A-N-E, k e a n e. Abbreviations of two to four letters are left alone."""
    names = set(known)
    spell = lists.cues["talk.spelled"]
    out: list[list[Identifier]] = []
    for turn in reading.tokens:
        found: list[Identifier] = []
        i = 0
        while i < len(turn):
            j = i
            while j < len(turn) and _letters(turn, j):
                j += 1
            word = "".join(t.fold for t in turn[i:j] if t.fold not in ("double",))
            cue = any(t.whole in spell for t in turn[max(0, i - 3) : i])
            name = (
                len(word) >= 3
                and (word in names or word in lists.given or word in lists.surnames)
                and word not in lists.safe
            )
            if j - i >= 3 and (
                (name and (word in names or cue or len(word) >= 4)) or len(word) >= 5 or (cue and len(word) >= 4)
            ):
                found.append(Identifier(turn[i].start, turn[j - 1].end, Kind.NAME, "spelled"))
            i = max(j, i + 1)
        out.append(found)
    return out


def _letters(turn: Sequence[Token], i: int) -> bool:
    token = turn[i]
    if token.number:
        return False
    return len(token.fold) == 1 or (token.fold == "double" and i + 1 < len(turn) and len(turn[i + 1].fold) == 1)

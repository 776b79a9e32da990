"""People named by their initials: J.T., H. A. Nwosu, "jt wont speak to me"."""

from __future__ import annotations

from pipeline.identifiers import Token
from pipeline.identifiers_weighing import Weighing


def is_initial(weighing: Weighing, n: int, i: int) -> bool:
    """Is this single letter one of two or three initials of a person, and no abbreviation everybody uses?"""
    turn, text = weighing.reading.tokens[n], weighing.reading.texts[n]
    token, lists = turn[i], weighing.lists
    if not _letter(token):
        return False
    stops = text[token.end : token.end + 1] == "."
    joint = (".", ". ") if stops else (" ",)
    first = last = i
    while first > 0 and _letter(turn[first - 1]) and text[turn[first - 1].end : turn[first].start] in joint:
        first -= 1
    while last + 1 < len(turn) and _letter(turn[last + 1]) and text[turn[last].end : turn[last + 1].start] in joint:
        last += 1
    letters = "".join(t.fold for t in turn[first : last + 1])
    if first == last:
        surname = i + 1 < len(turn) and turn[i + 1].capital and not lists.level(turn[i + 1].fold)
        return stops and token.capital and surname and letters != "i"
    if lists.has("names.abbreviations", letters) or len(letters) > 3 or set(letters) == {"i"}:
        return False
    known = letters in weighing.known.initials
    if stops or known or len(letters) != 2 or letters in lists.safe:
        return stops or known
    if letters[0] in "ai" and not turn[first].capital:
        return False
    before = turn[first - 1].whole if first else ""
    after = turn[last + 1].whole if last + 1 < len(turn) else ""
    told = lists.has("names.contact", before) or lists.has("talk.kin", before) or lists.has("talk.naming", before)
    return letters != "ia" and (told or lists.has("talk.acts", after) or turn[last].stop > turn[last].end)


def _letter(token: Token) -> bool:
    return token.end - token.start == 1 and not token.number

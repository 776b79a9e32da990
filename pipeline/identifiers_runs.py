"""Digits said in one breath: "oh seven seven, nine double two, no sorry, one", and postcodes said letter by letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.identifiers import Token
from pipeline.identifiers_number_words import DIGITS, NUMBERS

_TIMES = {"double": 2, "triple": 3, "treble": 3}
_FILLER = frozenset(
    ["no", "sorry", "er", "erm", "um", "uh", "dash", "hyphen", "space", "then", "slash", "stroke", "wait", "dot"]
)
_ROUND = {"hundred": "00", "thousand": "000"}
_PHONETIC = frozenset(
    [
        "alpha",
        "alfa",
        "bravo",
        "charlie",
        "delta",
        "echo",
        "foxtrot",
        "golf",
        "hotel",
        "india",
        "juliet",
        "juliett",
        "kilo",
        "lima",
        "mike",
        "november",
        "oscar",
        "papa",
        "quebec",
        "romeo",
        "sierra",
        "tango",
        "uniform",
        "victor",
        "whiskey",
        "xray",
        "yankee",
        "zulu",
    ]
)


@dataclass(frozen=True, slots=True)
class Run:
    """Digits said in one breath: tokens first..last, digits as text."""

    first: int
    last: int
    digits: str = field(repr=False)
    letters: int = 0
    words: int = 0  # how many number words or numerals carried it
    big: int = 0  # of these, ten or above
    numerals: int = 0  # of these, written in digits


def spoken_runs(turn: Sequence[Token]) -> list[Run]:
    """Maximal runs of digit words, numerals, letters said one by one ("M as in Mary") and slips of the tongue
    between."""
    out = []
    i = 0
    while i < len(turn):
        j, digits, letters, words, big, last, said = i, "", 0, 0, 0, i - 1, 0
        numerals = 0
        while j < len(turn):
            token, word = turn[j], turn[j].whole
            if j > i and token.opens and not _same_breath(turn, j):
                break
            if word in _TIMES and j + 1 < len(turn) and (turn[j + 1].whole in DIGITS or turn[j + 1].whole.isdigit()):
                digits += DIGITS.get(turn[j + 1].whole, turn[j + 1].whole) * _TIMES[word]
                words, j = words + 2, j + 2
            elif word in DIGITS:
                digits, words, j = digits + DIGITS[word], words + 1, j + 1
            elif word in NUMBERS:
                digits, words, big, j = digits + NUMBERS[word], words + 1, big + 1, j + 1
            elif token.number and word.isdigit():
                digits, words, numerals, j = digits + word, words + 1, numerals + 1, j + 1
            elif len(word) == 1 and word.isalpha() and _letter_in_code(turn, j):
                letters, j = letters + 1, j + 1
                if (
                    j + 2 < len(turn)
                    and turn[j].whole in ("as", "for")
                    and turn[j + 1 - (turn[j].whole == "for")].whole in ("in", "for")
                ):
                    j += 3 if turn[j].whole == "as" else 2
            elif word in _PHONETIC and _spelled(turn, j):
                letters, j = letters + 1, j + 1
            elif len(digits) >= 3 and word in _ROUND and j + 1 < len(turn) and turn[j + 1].whole in DIGITS:
                digits, words, j = digits + _ROUND[word], words + 1, j + 1  # "nine hundred one two three"
            elif digits and word in _ROUND and j + 1 == len(turn):
                digits, words, big, j = digits + _ROUND[word], words + 1, big + 1, j + 1
            elif digits and word in _FILLER and said < 3:
                said, j = said + 1, j + 1
                continue
            else:
                break
            last, said = j - 1, 0
        if last >= i and digits:
            first = i
            out.append(Run(first, last, digits, letters, words, big, numerals))
        i = max(last + 1, i + 1)
    return out


def _same_breath(turn: Sequence[Token], j: int) -> bool:
    """A full stop inside a number that is read out in pieces: both neighbours are digits."""
    return turn[j].whole in DIGITS and turn[j - 1].whole in DIGITS


def _spelled(turn: Sequence[Token], j: int) -> bool:
    """ "bravo delta five one": a word for a letter beside another or beside a digit."""
    near = [turn[k].whole for k in (j - 1, j + 1) if 0 <= k < len(turn)]
    return any(w in _PHONETIC or w in DIGITS or w.isdigit() for w in near)


def _letter_in_code(turn: Sequence[Token], j: int) -> bool:
    """A single letter is part of a code beside digits, other letters or "as in"; the words "a" and "i" only beside
    letters."""
    near = [turn[k].whole for k in (j - 1, j + 1) if 0 <= k < len(turn)]
    letters = sum(len(w) == 1 and w.isalpha() and w not in "ai" for w in near)
    if turn[j].whole in "ai" and not (turn[j].capital and turn[j].whole == "a" and not turn[j].opens):
        return letters == 2
    spelled = j + 1 < len(turn) and turn[j + 1].whole == "as"
    return spelled or any(w in DIGITS or w in _TIMES or w.isdigit() for w in near) or letters > 0


def is_code(run: Run, cued: bool, turn: Sequence[Token]) -> bool:
    """Is this run of digits somebody's number, and no quantity, no time, no counting?"""
    n = len(run.digits)
    if run.numerals and not cued and not run.letters and (n < 6 or run.words < 3):
        return False
    if run.words - run.big + run.letters < 2 or (run.big and run.words - run.big < 2 and run.letters == 0):
        return cued and n >= 4 and run.words >= 2 and run.big >= 2
    steps = {int(b) - int(a) for a, b in zip(run.digits, run.digits[1:], strict=False)}
    if steps in ({1}, {-1}, {0}, {2}) and n <= 6 and not run.letters and not cued:
        return False
    if run.letters and n >= 2 and n + run.letters >= 4:
        return True
    if n >= 5:
        return True
    after = turn[run.last + 1].whole if run.last + 1 < len(turn) else ""
    if after in (
        "percent",
        "per",
        "of",
        "times",
        "times",
        "hundred",
        "thousand",
        "weeks",
        "days",
        "years",
        "hours",
        "minutes",
    ):
        return False
    return (n >= 3 and run.big == 0) or (cued and n >= 3)


def spoken_postcodes(turn: Sequence[Token]) -> list[tuple[int, int]]:
    """ "b d two", "L S seven, three a b": one or two letters, a digit, perhaps a digit and two letters."""
    out = []
    for i in range(len(turn) - 1):
        if i and (len(turn[i - 1].whole) == 1 and turn[i - 1].whole.isalpha() and turn[i - 1].whole not in "ai"):
            continue
        k = i
        while k < len(turn) and k < i + 2 and len(turn[k].whole) == 1 and turn[k].whole.isalpha():
            k += 1
        if (
            k == i
            or k >= len(turn)
            or turn[k].whole not in DIGITS | NUMBERS
            or turn[k].whole == "o"
            or (k - i == 1 and turn[i].whole in "aio")
        ):
            continue
        tail = k + 1
        if tail < len(turn) and turn[tail].whole in DIGITS:
            tail += 1
        inward = tail + 1 < len(turn) and all(len(t.whole) == 1 and t.whole.isalpha() for t in turn[tail : tail + 2])
        if inward:
            out.append((i, tail + 1))
        elif k - i == 2:
            out.append((i, k))
    return out

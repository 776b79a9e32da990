"""Praat TextGrids: each speaker has an interval tier. Needs the extra `textgrid` (praatio)."""

from __future__ import annotations

import re

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, tidy

_LONG_SIZE = re.compile(r"^\s*intervals: ?size ?= ?(\d{1,9})\s*$", re.MULTILINE)
_SHORT_SIZE = re.compile(r'^"IntervalTier"\n"[^\n]*"\n[-\d.eE]+ *\n[-\d.eE]+ *\n(\d{1,9}) *$', re.MULTILINE)
_NUMBER_OF_TIERS = re.compile(r"<exists>\s*(?:size ?= ?)?(\d{1,9})")


def read_textgrid(text: str) -> list[Utterance]:
    """Read the interval tiers, long or short form, in the order of time; empty intervals are silence.

    Raises Unreadable: MALFORMED where fewer intervals or tiers can be read than the file says it has.
    """
    from praatio.utilities.textgrid_io import parseTextgridStr

    if not text.startswith("File type"):
        raise Unreadable(Reason.MALFORMED, "not a TextGrid in text form: save it from Praat as a text file")
    number_of_tiers = _NUMBER_OF_TIERS.search(text)
    grid = parseTextgridStr(text, includeEmptyIntervals=True)
    tiers = [tier for tier in grid["tiers"] if tier["class"] == "IntervalTier"]
    declared = [int(size) for size in (_LONG_SIZE.findall(text) or _SHORT_SIZE.findall(text))]
    read = [len(tier["entries"]) for tier in tiers]
    if number_of_tiers is None or int(number_of_tiers[1]) != len(grid["tiers"]) or declared != read:
        raise Unreadable(
            Reason.MALFORMED, f"it says {sum(declared)} intervals, {sum(read)} can be read: save it again from Praat"
        )
    spoken = [
        Utterance(tier["name"], tidy(words), float(start), float(end))
        for tier in tiers
        for start, end, words in tier["entries"]
        if words.strip()
    ]
    return sorted(spoken, key=lambda piece: piece.start_s or 0.0)

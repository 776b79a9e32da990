"""The one loop that lays rules over a session: a rule looks at one token of a turn and says from where to where a name
reaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.identifiers import Identifier, Kind, Reading, Token
from pipeline.identifiers_lists import Lists

Span = tuple[int, int]  # first and last token
Rule = Callable[[Sequence[Token], int, bool, Lists], Span | None]  # turn, token, do capitals mean anything?, lists


def find_by_rules(reading: Reading, lists: Lists, rules: Sequence[tuple[str, Rule, Kind]]) -> list[list[Identifier]]:
    """Every span that a rule (its name for the report, the rule, the kind it finds) shows, turn by turn."""
    out = []
    for turn, cased in zip(reading.tokens, reading.cased, strict=True):
        found = []
        for i in range(len(turn)):
            for source, rule, kind in rules:
                if span := rule(turn, i, cased, lists):
                    found.append(Identifier(turn[span[0]].start, turn[span[1]].end, kind, source))
        out.append(found)
    return out

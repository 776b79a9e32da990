"""Turns that a file cut in the middle are coded as they were spoken, and what is found is put back on the pieces.

A file that numbers the segments of a speech recogniser keeps its numbers in the database; a rater would still read
the whole turn (codebook A5). Two neighbouring turns of one role that each come to an end are left apart: they may be
two people, as in a couple, or an interpreter and her client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.codes import Episode, Status, Tag
from pipeline.session import Turn

FEWEST_CUTS = 5  # turns that break off, before a file is taken for one cut into segments


def pieces_of(turns: Sequence[Turn]) -> list[list[int]]:
    """Places of the turns that are one turn of talk: each goes on where the one before broke off.

    Where a file is cut so that most neighbours of one speaker go on, the others are pieces too: a cut may fall between
    two sentences.
    """
    neighbours = {i for i in range(1, len(turns)) if turns[i - 1].speaker is turns[i].speaker}
    going_on = {i for i in neighbours if _goes_on(turns[i - 1].text, turns[i].text)}
    if len(going_on) >= FEWEST_CUTS and 2 * len(going_on) > len(neighbours):
        going_on = neighbours
    groups: list[list[int]] = []
    for i in range(len(turns)):
        if i in going_on:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _goes_on(text: str, then: str) -> bool:
    end, start = text.rstrip()[-1:], then.lstrip()[:1]
    return (end.isalnum() or end in {",", ";", "’"}) and start.isalnum() and not start.isupper()


def as_spoken(turns: Sequence[Turn], groups: Sequence[Sequence[int]]) -> tuple[Turn, ...]:
    """The turns of talk, numbered from 0 by their place in `groups`."""
    return tuple(
        replace(
            turns[group[0]],
            turn_no=number,
            text=" ".join(turns[i].text for i in group),
            end_s=turns[group[-1]].end_s,
        )
        for number, group in enumerate(groups)
    )


def on_pieces(spoken: Sequence[Turn], turns: Sequence[Turn], groups: Sequence[Sequence[int]]) -> tuple[Turn, ...]:
    """The turns as the file has them, with what `mark_turns` found on the turn of talk they belong to."""
    found = list(turns)
    for turn, group in zip(spoken, groups, strict=True):
        for i in group:
            latency = turn.latency_s if i == group[0] else None
            found[i] = replace(turns[i], is_backchannel=turn.is_backchannel, latency_s=latency)
    return tuple(found)


def put_back(
    tags: Sequence[Tag], episodes: Sequence[Episode], turns: Sequence[Turn], groups: Sequence[Sequence[int]]
) -> tuple[list[Tag], list[Episode]]:
    """Tags on the piece where their words begin, cut at its end; episodes from the first such piece to the last."""
    placed = [_put_back(t, turns, groups) for t in tags]
    where: dict[int, list[int]] = {}
    for tag, piece in zip(tags, placed, strict=True):
        if tag.turn_no is not None and piece.turn_no is not None and tag.status is Status.LIKELY:
            where.setdefault(tag.turn_no, []).append(piece.turn_no)
    moved = [
        replace(
            e,
            first_turn=min(where[e.first_turn]),
            last_turn=max(where[e.last_turn]),
            repair_turn=None if e.repair_turn is None else max(where[e.repair_turn]),
        )
        for e in episodes
    ]
    return placed, moved


def _put_back(tag: Tag, turns: Sequence[Turn], groups: Sequence[Sequence[int]]) -> Tag:
    if tag.turn_no is None or tag.char_start is None or tag.char_end is None:
        return tag
    start = tag.char_start
    for i in groups[tag.turn_no]:
        text = turns[i].text
        if start < len(text):
            break
        start -= len(text) + 1  # the space that joined them
    start = max(0, start)
    end = min(len(text), start + tag.char_end - tag.char_start)
    return replace(tag, turn_no=turns[i].turn_no, char_start=start, char_end=end)

"""Why the judge says so, in words a rater would use; nothing that was said is quoted, since reasons are stored."""

from __future__ import annotations

from collections.abc import Iterable

MOST, LEAST = 6, 0.05  # reasons that are told, and the log-odds under which none is
NEAR = {
    "-2": "two turns before",
    "-1": "turn before",
    "+1": "next turn",
    "+2": "two turns on",
    "answers": "turn answered",
}
KINDS = {"cue": "cue", "measure": "measure", "like": "likeness to examples of", "engine": "rules for", "best": "rules for",
         "ctx": "context"}  # fmt: skip


def whose_words(wording: str) -> str:
    """The wordings of one turn are one reason: `said:own`, `said:answered`, `said:next`."""
    where = wording.partition(":")[0]
    return "said:" + {"before": "answered", "after": "next"}.get(where, "own")


def strongest(parts: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Contributions of one name added up, the strongest first, in words, three digits."""
    sums: dict[str, float] = {}
    for name, x in parts:
        told = in_words(name)
        if told:
            sums[told] = sums.get(told, 0.0) + x
    ordered = sorted(sums.items(), key=lambda r: (-abs(r[1]), r[0]))[:MOST]
    return tuple((name, round(float(x), 3)) for name, x in ordered if abs(x) >= LEAST)


def in_words(name: str) -> str:
    """A feature's name as a person would say it; empty for what only repeats the turn itself."""
    kind, _, what = name.partition(":")
    if kind == "said":
        return {"own": "its words", "answered": "words of the turn answered", "next": "words of the next turn"}[what]
    if kind == "talk":
        if what.startswith(("-", "before")):
            return "turns before"
        if what.startswith(("+", "after")):
            return "turns after"
        return "the session as a whole" if what.startswith("session") else ""
    prefix = ""
    if what:
        prefix, name = f"{NEAR.get(kind, kind)}: ", what
    kind, _, what = name.partition(".")
    if what and kind in KINDS:
        return f"{prefix}{KINDS[kind]} {what.replace('.', ' ').replace('_', ' ')}"
    return prefix + name.replace("_", " ")

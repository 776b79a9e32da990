"""The codebook as a page to read, generated from the lexicons: `python -m pipeline.lexicon_page` writes lexicons/README.md."""

from __future__ import annotations

from pathlib import Path

from pipeline.codes import Family
from pipeline.lexicon import Code, Lexicon, read_lexicon

FOLDER = Path(__file__).resolve().parent.parent / "lexicons"
HEAD = """\
# Codebook {version}

Generated from the files in this folder by `python -m pipeline.lexicon_page`; do not edit by hand.

The codes are inspired by and mapped to the Rupture Resolution Rating System (3RS; Eubanks, Muran & Safran 2015;
Eubanks & Muran 2022). They are **not** the 3RS, and counts from them must not be reported as 3RS scores.
All dialogues here were made up. Words that carry the code stand in «…»; each line is executed as a test.
A cue nominates a turn, context decides; how the phrases are written is explained in `pipeline/phrases.py`.
"""


def codebook_page(lexicon: Lexicon) -> str:
    """Markdown: one section a family, one part a code, with what is coded, what is not, and the proof."""
    parts = [HEAD.format(version=lexicon.version)]
    for family in Family:
        bounds = lexicon.thresholds[family]
        parts.append(
            f"## {family.value.capitalize()}\n\n`likely` from a probability of {bounds.likely:g}, "
            f"`possible` from {bounds.possible:g}.\n"
        )
        parts += [_code(code) for code in lexicon.family(family)]
    parts.append("## Contexts\n\n| context | what it means |\n|---|---|")
    parts += [f"| `{c.id}` | {c.means} |" for c in lexicon.contexts.values()]
    return "\n".join(parts) + "\n"


def _code(code: Code) -> str:
    said_by = f"Said by the {code.speaker}." if code.speaker else "Of the session, not of a turn."
    lines = [
        f"### {code.label} `{code.id}`\n",
        f"{code.definition} {said_by}\n",
        f"Not coded: {code.exclude}\n",
        f"Mapped to: {code.maps_to}. Status: {code.status}.\n",
    ]
    if code.requires:
        lines.append(f"Only where: {', '.join(f'`{c}`' for c in code.requires)}.\n")
    if code.cues:
        lines.append("| cue | weight | example |\n|---|---|---|")
        proof = {e.cue: e.dialogue for e in code.examples}
        lines += [f"| `{c.id}` | {c.weight:+g} | {_line(proof[c.id])} |" for c in code.cues]
        lines.append("")
    lines += [f"- not this ({e.why}): {_line(e.dialogue)}" for e in code.near_misses]
    return "\n".join(lines) + "\n"


def _line(dialogue: str) -> str:
    return " / ".join(line.strip() for line in dialogue.strip().splitlines()).replace("|", "\\|")


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(codebook_page(read_lexicon(FOLDER)), encoding="utf-8")

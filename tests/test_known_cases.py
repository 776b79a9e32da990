"""What the rules cannot tell yet, written down: each case fails, and the day it does not the test says so."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.codes import Status
from pipeline.evaluate import families_of
from pipeline.lexicon import read_lexicon
from pipeline.method import prepare_turns, tag_turns
from pipeline.segment_pieces import as_spoken, pieces_of
from pipeline.session import Source
from tests.dialogues import dialogue

HERE = Path(__file__).resolve().parent
CASES = tomllib.loads((HERE / "known_cases.toml").read_text(encoding="utf-8"))["case"]
LEXICON = read_lexicon(HERE.parent / "lexicons")


def parameters():
    for case in CASES:
        mark = pytest.mark.xfail(strict=True, reason=case["reason"], raises=AssertionError)
        yield pytest.param(case, id=f"{case['where']} {case['family']}", marks=mark)


@pytest.mark.parametrize("case", list(parameters()))
def test_a_known_case_is_still_told_wrongly(case, models):
    lines = case["talk"].strip().splitlines()
    asked = next(i for i, line in enumerate(lines) if line.startswith(">"))
    turns, _ = dialogue("\n".join(line.removeprefix(">") for line in lines))
    pieces = pieces_of(turns)
    spoken = prepare_turns(as_spoken(turns, pieces), LEXICON)
    plain = not any(c in case["talk"] for c in ".?!")
    tags = tag_turns(spoken, lexicon=LEXICON, embed=models.embed, source=Source.ASR if plain else Source.HUMAN)
    place = next(number for number, group in enumerate(pieces) if asked in group)
    likely = [
        t for t in tags if t.turn_no == place and t.status is Status.LIKELY and case["family"] in families_of(t.code)
    ]
    assert bool(likely) == bool(case["coded"])


def test_the_cases_are_of_the_codebook_and_have_a_reason():
    assert len({c["where"] + c["family"] for c in CASES}) == len(CASES) >= 30
    for case in CASES:
        assert case["reason"].endswith(".")
        assert all(case["family"] in families_of(code) and code in LEXICON.codes for code in case["coded"])

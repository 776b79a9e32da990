"""The open corpus keeps its own layout and card, and `alliance evaluate` measures on it from one end to the other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.errors import StudyProblem
from pipeline.evaluate import coder_pair, draws_of
from pipeline.labelled import read_labelled
from pipeline.lexicon import read_lexicon
from pipeline.session import Source, Speaker
from tests.conftest import alliance, home_of_its_own

CHECKOUT = Path(__file__).resolve().parent.parent
FILE = CHECKOUT / "examples" / "corpus" / "sessions.json"
CARD = (FILE.parent / "README.md").read_text(encoding="utf-8")
RAW = json.loads(FILE.read_text(encoding="utf-8"))
SESSIONS = read_labelled(FILE)
LEXICON = read_lexicon(CHECKOUT / "lexicons")


@pytest.mark.parametrize("talk", RAW, ids=lambda t: t["session_id"])
def test_every_code_is_of_the_codebook_on_its_speaker_and_points_at_words(talk):
    who = {"C": Speaker.CLIENT, "T": Speaker.THERAPIST}
    for no, turn in enumerate(talk["turns"]):
        assert turn["turn"] == no
        assert turn["text"].strip()
        for code in turn["codes"]:
            assert LEXICON.codes[code["code_id"]].speaker is who[turn["speaker"]]
            words = turn["text"][code["start"] : code["end"]]
            assert words
            assert words == words.strip()
        assert not {c["code_id"] for c in turn["codes"]} & set(turn["contested"])
        assert all(LEXICON.codes[c].speaker is who[turn["speaker"]] for c in turn["contested"])


def test_speech_recognition_talks_look_it():
    for session in SESSIONS:
        if session.source is Source.ASR:
            assert not [t.turn_no for t in session.turns if re.search(r"[A-Z.,!?\[\]]", t.text)], session.session_id


def test_the_card_counts_what_is_there():
    client = [(t, c) for s in SESSIONS for t, c in zip(s.turns, s.codes, strict=True) if t.speaker is Speaker.CLIENT]
    coded = sum(any(x[:2] in {"wd", "cf"} for x in codes) for _, codes in client)
    assert f"{len(SESSIONS)} fictional" in CARD
    assert f"{sum(len(s.turns) for s in SESSIONS):,} turns" in CARD
    assert f"{sum(s.source is Source.ASR for s in SESSIONS)} talks are written as speech recognition" in CARD
    assert f"{sum(not any(s.codes) for s in SESSIONS)} have no code that both coders gave" in CARD
    assert round(len(client) / coded) == 6
    for group in ("terse", "second_language", "literal"):
        assert re.search(rf"`{group}` \({sum(group in s.groups for s in SESSIONS)}\b", CARD)


def test_the_card_says_how_far_the_coders_agreed():
    pair = coder_pair(SESSIONS, ["withdrawal", "confrontation", "repair"], draws_of(len(SESSIONS)))
    for name in pair:
        for figure in ("positive_agreement", "kappa"):
            value, low, high = (f"{v:.2f}".removeprefix("0") for v in pair[name][figure])
            assert f"{value} ({low}–{high})" in CARD, (name, figure)
    role_plays = [s for s in SESSIONS if s.session_id.removeprefix("open_")[0] in "IJKQRTU"]
    repair = coder_pair(role_plays, ["repair"], draws_of(len(role_plays)))["repair"]["positive_agreement"][0]
    assert f"agree less on repair, {repair:.2f}:".replace(" 0.", " .") in CARD


# ---- alliance evaluate


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Twelve short talks of the corpus, evaluated as a user would."""
    folder = tmp_path_factory.mktemp("evaluate")
    few = [{**t, "turns": t["turns"][:26]} for t in RAW[1:70:6]]
    for talk, impact in zip(few, [1, 5] * 6, strict=True):
        talk["ratings"] = {"A": {"sess_rupture_impact": impact}}
    (folder / "few.json").write_text(json.dumps(few), encoding="utf-8")
    env = home_of_its_own(folder)
    found = alliance("evaluate", folder / "few.json", "--refit", "--to", folder / "out", env=env)
    assert found.returncode == 0, found.stderr
    return folder, found.stdout


def test_evaluate_writes_figures_with_limits_for_every_system(evaluated):
    folder, told = evaluated
    found = json.loads((folder / "out" / "evaluation.json").read_text())
    assert found["sessions"] == 12
    assert len(found["families"]) == 6
    for by_family in found["families"].values():
        for f in by_family.values():
            assert f["f1"] is None or f["f1"][1] <= f["f1"][0] <= f["f1"][2]
    assert found["families"]["majority: no code anywhere"]["rupture"]["likely"] == 0
    assert set(found["forms"]) == {"lower case, no punctuation", "no timestamps", "cut into segments"}
    assert found["forms"]["no timestamps"]["rupture"]["moved"] == 0.0  # the corpus has no times to lose
    assert found["session_auc"]["majority: no code anywhere"][0] == 0.5
    assert "coders" in told


def test_the_page_stands_alone_and_quotes_no_one(evaluated):
    page = (evaluated[0] / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)
    said = {t["text"] for talk in RAW[1:70:6] for t in talk["turns"] if len(t["text"].split()) > 4}
    assert not [text for text in said if text in page]


def test_sessions_the_judge_was_trained_on_are_refused_without_refit(tmp_path):
    found = alliance("evaluate", FILE.parent, "--to", tmp_path / "out", env=home_of_its_own(tmp_path))
    assert found.returncode == StudyProblem.exit_code
    assert "--refit" in found.stderr
    assert not (tmp_path / "out").exists()


def test_a_session_labelled_twice_is_refused(tmp_path):
    found = alliance("evaluate", FILE, FILE, "--to", tmp_path / "out", env=home_of_its_own(tmp_path))
    assert found.returncode == StudyProblem.exit_code
    assert "labelled twice" in found.stderr

"""The two studies that are shipped: they are whole, readable, and hold no identifier of a real person."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import polars as pl
import pympi
import pytest
import srt
import webvtt
from docx2python import docx2python

from pipeline.evaluate import coder_pair, draws_of
from pipeline.labelled import read_labelled
from pipeline.study import read_study

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
RIVERSIDE, MIBOT = EXAMPLES / "riverside", EXAMPLES / "mibot"
TRUNCATED = "r_s18.json"  # on purpose: the demo shows what quarantine looks like

# Numbers that the British regulator sets aside for drama: they ring nowhere.
DRAMA = re.compile(r"(07700900|01632960|02079460|01314960|01914980)\d{3}")
NUMBER = re.compile(r"(?<![\d.:,])(?:\+44[ -]?)?\d(?:[ -]?\d){8,}(?![\d:])")
EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
EXAMPLE_DOMAIN = re.compile(r"(?:[\w-]+\.)*example\.(?:com|org|net)")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as f:
        table = list(csv.DictReader(f, strict=True))
    assert table, file.name
    assert all(None not in row and None not in row.values() for row in table), file.name
    return table


def words_of(file: Path) -> str:
    """All text of a file, a document's header, footer and comments included."""
    if file.suffix == ".docx":
        with docx2python(file) as document:
            return document.text + "\n" + "\n".join(" ".join(map(str, c)) for c in document.comments)
    return file.read_text(encoding="utf-8")


def shipped(folder: Path) -> list[Path]:
    """What the repository ships; a run of the demo may have left a store or reports beside it."""
    tables = [p for p in folder.iterdir() if p.suffix in {".csv", ".md", ".toml", ".txt", ".py"}]
    return sorted([*tables, *(folder / "inbox").iterdir()])


@pytest.mark.parametrize("folder", [RIVERSIDE, MIBOT], ids=lambda p: p.name)
def test_study_folder_has_no_problem(folder: Path) -> None:
    study = read_study(folder)
    assert study.problems == ()
    assert study.settings.id == folder.name
    assert study.settings.purpose == "research"


@pytest.mark.parametrize("folder", [RIVERSIDE, MIBOT], ids=lambda p: p.name)
def test_every_transcript_is_there_and_none_is_left_over(folder: Path) -> None:
    named = [row["transcript"] for row in rows(folder / "sessions.csv") if row["transcript"]]
    assert sorted(named) == sorted(p.name for p in (folder / "inbox").iterdir())


@pytest.mark.parametrize("folder", [RIVERSIDE, MIBOT], ids=lambda p: p.name)
def test_alliance_values_are_answers_on_their_scale(folder: Path) -> None:
    of_session = {row["session_id"]: row["client_id"] for row in rows(folder / "sessions.csv")}
    for row in rows(folder / "alliance.csv"):
        assert of_session[row["session_id"]] == row["client_id"]
        assert not row["value"] or int(row["min"]) <= int(row["value"]) <= int(row["max"])


def test_riverside_counts() -> None:
    sessions = rows(RIVERSIDE / "sessions.csv")
    held = [row for row in sessions if row["status"] == "held"]
    per_client = Counter(row["client_id"] for row in held)
    assert [per_client[c] for c in ("c01", "c02", "c03")] == [5, 5, 6]
    assert {row["therapist_id"] for row in sessions} == {"t01", "t02"}
    assert Counter(row["status"] for row in sessions) == {"held": 19, "late_cancelled": 1, "no_show": 1}
    formats = {Path(row["transcript"]).suffix for row in held}
    assert formats >= {".txt", ".vtt", ".srt", ".docx", ".csv", ".json", ".eaf"}
    assert any(row["actual_start"] > row["scheduled_start"] for row in held)


def test_riverside_consent_cases() -> None:
    last = {row["client_id"]: row["date"] for row in rows(RIVERSIDE / "sessions.csv")}
    first = {row["client_id"]: row["date"] for row in reversed(rows(RIVERSIDE / "sessions.csv"))}
    research = {r["client_id"]: r for r in rows(RIVERSIDE / "consent.csv") if r["purpose"] == "research"}
    assert research["c01"]["signed_on"] < first["c01"]
    assert first["c03"] < research["c03"]["signed_on"] < last["c03"]  # the first session came before the signature
    assert research["c04"]["withdrawn_on"]
    assert "c05" not in research
    assert research["c06"]["expires_on"] < last["c06"]


def test_riverside_client_forms_follow_every_held_session() -> None:
    answered = Counter(
        r["session_id"] for r in rows(RIVERSIDE / "alliance.csv") if r["form"] == "client" and r["value"]
    )
    for row in rows(RIVERSIDE / "sessions.csv"):
        if row["status"] == "held" and row["client_id"] in ("c01", "c02", "c03"):
            assert answered[row["session_id"]] >= 11, row["session_id"]


def test_riverside_scores_make_one_v() -> None:
    items: dict[str, dict[str, list[int]]] = {}
    for row in rows(RIVERSIDE / "alliance.csv"):
        if row["form"] == "client" and row["value"]:
            items.setdefault(row["client_id"], {}).setdefault(row["session_id"], []).append(int(row["value"]))
    turning_points = []
    for sessions in items.values():
        means = [(session, sum(values) / len(values)) for session, values in sessions.items()]
        for (_, before), (session, low), (_, after) in zip(means, means[1:], means[2:], strict=False):
            if low < before - 1 and low < after - 1:
                turning_points.append(session)
    assert turning_points == ["r_s03"]


def test_telephone_numbers_are_from_the_drama_ranges_and_addresses_from_example_domains() -> None:
    numbers = domains = 0
    for file in shipped(RIVERSIDE):
        text = words_of(file)
        for match in NUMBER.finditer(text):
            numbers += 1
            assert DRAMA.fullmatch(re.sub(r"[ -]", "", match[0]).replace("+44", "0")), f"a number in {file.name}"
        for match in EMAIL.finditer(text):
            domains += 1
            assert EXAMPLE_DOMAIN.fullmatch(match[1]), f"an e-mail address in {file.name}"
    # the sessions do hold identifiers, else they would show nothing
    assert numbers >= 4
    assert domains >= 2


def test_word_documents_carry_names_where_only_a_careless_reader_looks() -> None:
    for name in ("r_s02.docx", "r_s16.docx"):
        with docx2python(RIVERSIDE / "inbox" / name) as document:
            assert "Riverside Centre" in str(document.header)
            assert len(document.comments) == 1
            assert document.core_properties["creator"]
            assert sum(": " in line for line in document.text.splitlines()) > 60


def test_elan_file_has_two_overlapping_tiers() -> None:
    elan = pympi.Eaf(str(RIVERSIDE / "inbox" / "r_s14.eaf"))
    tiers = elan.get_tier_names()
    assert len(tiers) == 2
    spoken = sorted(part for tier in tiers for part in elan.get_annotation_data_for_tier(tier))
    assert len(spoken) > 80
    assert all(start < end and text for start, end, text in spoken)
    assert any(a[1] > b[0] for a, b in itertools.pairwise(spoken))


def test_captions_are_read_by_their_libraries() -> None:
    teams = (RIVERSIDE / "inbox" / "r_s03.vtt").read_text(encoding="utf-8")
    zoom = (RIVERSIDE / "inbox" / "r_s07.vtt").read_text(encoding="utf-8")
    for text in (teams, zoom):
        assert len(webvtt.from_string(text).captions) == text.count(" --> ")
    assert "<v " in teams
    assert "<v " not in zoom
    for name in ("r_s08.srt", "r_s12.srt", "r_s21.srt"):
        cues = list(srt.parse((RIVERSIDE / "inbox" / name).read_text(encoding="utf-8")))
        assert all(cue.start < cue.end and ": " in cue.content for cue in cues)


def test_recognised_speech_is_lower_case_and_marked_as_such() -> None:
    asr = {row["transcript"] for row in rows(RIVERSIDE / "sessions.csv") if row["transcript_source"] == "asr"}
    assert asr == {p.name for p in (RIVERSIDE / "inbox").glob("*.json")}
    for name in asr - {TRUNCATED}:
        for segment in json.loads((RIVERSIDE / "inbox" / name).read_text(encoding="utf-8"))["segments"]:
            assert segment["text"] == segment["text"].lower()
            assert segment["start"] < segment["end"]
            assert segment["speaker"] in ("SPEAKER_00", "SPEAKER_01")


def test_one_transcript_is_broken_on_purpose() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads((RIVERSIDE / "inbox" / TRUNCATED).read_text(encoding="utf-8"))


def test_mibot_is_whole_small_and_attributed() -> None:
    assert len(rows(MIBOT / "sessions.csv")) == len(rows(MIBOT / "consent.csv")) == 106
    assert sum(p.stat().st_size for p in shipped(MIBOT)) < 3_000_000
    assert "Attribution-ShareAlike 4.0 International" in (MIBOT / "LICENSE.txt").read_text(encoding="utf-8")
    attribution = (MIBOT / "ATTRIBUTION.md").read_text(encoding="utf-8")
    (date,) = {row["date"] for row in rows(MIBOT / "sessions.csv")}
    assert date in attribution
    assert "not real dates" in attribution
    care = rows(MIBOT / "alliance.csv")
    assert Counter(row["item"] for row in care) == {str(item): 106 for item in range(1, 11)}


def test_mibot_speakers_take_turns() -> None:
    total = 0
    for file in (MIBOT / "inbox").iterdir():
        turns = rows(file)
        total += len(turns)
        assert [row["turn"] for row in turns] == [str(n) for n in range(len(turns))]
        assert all(row["text"] for row in turns)
        assert all(a["speaker"] != b["speaker"] for a, b in itertools.pairwise(turns))
    assert total == 3174


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mibot_build", MIBOT / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_build_joins_bubbles_and_reads_zero_as_no_answer(build: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    bubbles = [
        ("s1", 0, "therapist", "Hi."),
        ("s1", 1, "client", " "),
        ("s1", 2, "therapist", " How  are you?"),
        ("s1", 3, "client", "Ok"),
    ]
    pl.DataFrame(bubbles, schema=["session_id", "turn", "speaker_role", "text"], orient="row").write_parquet(
        source / "mibot_utterances.parquet"
    )
    answers = {f"CAREQ{item}": 0 if item == 10 else 4 for item in range(1, 11)}
    pl.DataFrame([{"session_id": "s1", **answers}]).write_csv(source / "mibot_sessions.csv")

    assert build.build(source, tmp_path / "study") == 1
    turns = rows(tmp_path / "study" / "inbox" / "s1.csv")
    assert [(t["turn"], t["speaker"], t["text"]) for t in turns] == [("0", "T", "Hi. How are you?"), ("1", "C", "Ok")]
    assert [r["value"] for r in rows(tmp_path / "study" / "alliance.csv")] == ["4"] * 9 + [""]
    assert read_study(tmp_path / "study").problems == ()
    assert (tmp_path / "study" / "study.toml").read_bytes() == (MIBOT / "study.toml").read_bytes()


def test_mibot_codes_stand_on_the_turns_of_the_inbox() -> None:
    """Real people's talks: coded twice, and kept out of training, so that anyone can measure on them."""
    seen = set(json.loads((EXAMPLES.parent / "lexicons/model/judge.record.json").read_text(encoding="utf-8"))["seen"])
    coded = json.loads((MIBOT / "coded.json").read_text(encoding="utf-8"))
    assert [s["session_id"] for s in coded] == sorted(p.stem for p in (MIBOT / "inbox").iterdir())
    for session in coded:
        said = [(row["speaker"], row["text"]) for row in rows(MIBOT / "inbox" / f"{session['session_id']}.csv")]
        assert said == [(turn["speaker"], turn["text"]) for turn in session["turns"]], session["session_id"]
        for turn in session["turns"]:
            assert all(turn["text"][c["start"] : c["end"]].strip() for c in turn["codes"]), session["session_id"]
            assert not {c["code_id"] for c in turn["codes"]} & set(turn["contested"])
    assert not {s.mark for s in read_labelled(MIBOT / "coded.json")} & seen


def test_mibot_card_says_how_far_the_coders_agreed() -> None:
    sessions = read_labelled(MIBOT / "coded.json")
    card = (MIBOT / "ATTRIBUTION.md").read_text(encoding="utf-8")
    pair = coder_pair(sessions, ["withdrawal", "confrontation", "repair"], draws_of(len(sessions)))
    for name, figures in pair.items():
        for figure in ("positive_agreement", "kappa"):
            value, low, high = (f"{v:.2f}".removeprefix("0") for v in figures[figure])
            assert f"{value} ({low}-{high})" in card, (name, figure)
    assert f"{sum(len(s.turns) for s in sessions):,} turns" in card
    assert f"{sum(not any(s.codes) for s in sessions)} sessions have no code" in card

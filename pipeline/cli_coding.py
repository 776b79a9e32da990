"""The verbs of `alliance` about coding: train the judge on labelled sessions, explain a session's tags in place."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pipeline.errors import StudyProblem
from pipeline.study import read_study
from pipeline.study_settings import CHECKOUT

if TYPE_CHECKING:  # heavy: numpy
    from pipeline.labelled import LabelledSession
    from pipeline.lexicon import Lexicon
    from pipeline.tag_weigh import Embed
    from pipeline.train_lessons import Lesson, See

Real = Annotated[
    list[Path] | None, typer.Option(help="which of these files are real speech: their sessions weigh eight times")
]
out = Console(highlight=False, soft_wrap=True)
MEASURES = {"length_z": "length against this client's usual (robust z)"}
COLOURS = {"withdrawal": "blue", "confrontation": "red", "repair": "green"}


def train(
    measure_on: Annotated[list[Path], typer.Argument(help="labelled sessions (JSON) to train on and to measure with")],
    also: Annotated[list[Path] | None, typer.Option(help="more labelled sessions, to train on only")] = None,
    real: Real = None,
    lexicons: Annotated[Path, typer.Option(help="the codebook whose model is written")] = CHECKOUT / "lexicons",
    seed: Annotated[int, typer.Option(help="the same seed and sessions give the same bytes")] = 7,
) -> None:
    """Train the judge anew, measure it by cross-validation over whole sessions, write it with its record."""
    from pipeline.train import fit, model_bytes
    from pipeline.train_lessons import examples_of
    from pipeline.train_measure import cross_validate, training_record

    lexicon, embed, see = seeing(lexicons)
    measured, others = lessons_of(measure_on, see, real), lessons_of(also or [], see, real)
    sessions = measured + others
    out.print(f"{len(sessions)} sessions read, {len(measured)} of them to measure with; training")
    examples = examples_of(lexicon, embed)
    body = model_bytes(fit(sessions, examples=examples, seed=seed))
    figures = cross_validate(sessions, [s.session_id for s in measured], examples=examples, seed=seed)
    files = [*measure_on, *(also or [])]
    record = training_record(files, sessions, figures, body=body, seed=seed, examples=len(examples))
    folder = lexicons / "model"
    folder.mkdir(exist_ok=True)
    (folder / "judge.json").write_bytes(body)
    (folder / "judge.record.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for family, f in figures.items():
        out.print(
            f"{family:14} precision {f['precision'][0]:.2f}  recall {f['recall'][0]:.2f}  F1 {f['f1'][0]:.2f}  "
            f"average precision {f['average_precision'][0]:.2f}  calibration error {f['calibration_error']:.3f}"
        )
    out.print(
        f"wrote {folder / 'judge.json'} and its record; every session is coded anew by the next run", markup=False
    )


def lessons_of(files: list[Path], see: See, real: list[Path] | None) -> list[Lesson]:
    """The lessons of the files. Sessions of real speech weigh more: made-up ones are many and easier to come by."""
    from pipeline.labelled import read_labelled
    from pipeline.train import REAL_SPEECH_WEIGHS

    found = []
    for file in files:
        weight = REAL_SPEECH_WEIGHS if file.resolve() in {f.resolve() for f in real or []} else 1.0
        found += [replace(see(s), weight=weight) for s in read_labelled(file)]
    return found


def seeing(lexicons: Path) -> tuple[Lexicon, Embed, See]:
    """The codebook, the sentence encoder, and what turns a labelled session into a lesson with both."""
    from pipeline.labelled import labels_as_spoken
    from pipeline.language import load_models
    from pipeline.lexicon import read_lexicon
    from pipeline.method import prepare_turns, see_turns
    from pipeline.segment_pieces import as_spoken, pieces_of
    from pipeline.tag import tags_of
    from pipeline.train_lessons import Lesson

    lexicon, models = read_lexicon(lexicons), load_models()

    def see(labelled: LabelledSession) -> Lesson:
        pieces = pieces_of(labelled.turns)
        turns = prepare_turns(as_spoken(labelled.turns, pieces), lexicon)
        seen = see_turns(turns, lexicon=lexicon, embed=models.embed, source=labelled.source)
        return Lesson(
            labels_as_spoken(labelled, turns, pieces),
            turns,
            tuple(seen.room.before),
            tuple(seen.evidence),
            seen.room.vectors,
            tuple(tags_of(seen)),
            tuple(map(tuple, pieces)),
        )

    return lexicon, models.embed, see


def explain(
    folder: Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")],
    session: Annotated[str, typer.Argument(help="a session_id")],
    possible: Annotated[bool, typer.Option(help="show tags for review too, not only likely ones")] = True,
) -> None:
    """Show a session's de-identified turns with its tags in place, each with its words, probability and reason."""
    from pipeline.lexicon import read_lexicon
    from pipeline.store import open_store

    study = read_study(folder)
    lexicon = read_lexicon(study.settings.lexicons)
    with open_store(study.store_path, read_only=True) as store:
        turns = store.rows("SELECT turn_no, speaker, text FROM turns WHERE session_id = ? ORDER BY turn_no", [session])
        tags = store.rows(
            "SELECT * FROM coded_segments WHERE session_id = ? ORDER BY turn_no, probability DESC", [session]
        )
    if not turns and not tags:
        raise StudyProblem(f"no turns of that session are in the database; `alliance status {folder}` says what is")
    by_turn: dict[int | None, list[dict[str, Any]]] = defaultdict(list)
    for tag in tags:
        if possible or tag["status"] == "likely":
            by_turn[tag["turn_no"]].append(tag)
    for tag in by_turn[None]:
        out.print(f"session  {sentence(tag, lexicon.codes[tag['code']].label)}", markup=False)
    for turn in turns:
        line = Text(
            f"{turn['turn_no']:4}  {turn['speaker'][0].upper()}: ", style="bold" if by_turn[turn["turn_no"]] else ""
        )
        said = Text(turn["text"])
        for tag in by_turn[turn["turn_no"]]:
            said.stylize(f"underline {COLOURS[tag['family']]}", tag["char_start"], tag["char_end"])
        out.print(line + said)
        for tag in by_turn[turn["turn_no"]]:
            out.print(
                f"        {sentence(tag, lexicon.codes[tag['code']].label)}", style=COLOURS[tag["family"]], markup=False
            )


def sentence(tag: dict[str, Any], label: str) -> str:
    """One plain sentence: what, how sure, what it rests on, and the measures beside the client's own baseline."""
    measures = tag["measures"]
    numbers: dict[str, float] = json.loads(measures) if isinstance(measures, str) else measures or {}
    reasons = {n.removeprefix("because "): x for n, x in numbers.items() if n.startswith("because ")}
    rests = [] if tag["cue"] == "wording" else [f"the cue `{tag['cue']}`"]
    rests += [f"{n} ({x:+.1f})" for n, x in sorted(reasons.items(), key=lambda r: (-abs(r[1]), r[0]))]
    told = [f"{MEASURES.get(n, n)} {x:g}" for n, x in sorted(numbers.items()) if not n.startswith("because ")]
    said = f"{label} ({tag['code']}), {tag['status']}, probability {tag['probability']:.2f}"
    return (
        ". ".join(
            [
                said,
                *(["Rests on " + ", ".join(rests)] if rests else []),
                *(["Measured: " + ", ".join(told)] if told else []),
            ]
        )
        + "."
    )

"""The verb `alliance evaluate`: how good are the tags on sessions that people coded?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipeline import __version__
from pipeline.cli_coding import Real, lessons_of, seeing
from pipeline.errors import ModelProblem, StudyProblem
from pipeline.study_settings import CHECKOUT

if TYPE_CHECKING:
    from pipeline.labelled import LabelledSession

out = Console(highlight=False, soft_wrap=True)


def evaluate(
    labelled: Annotated[list[Path], typer.Argument(help="labelled sessions: JSON files, or folders of them")],
    also: Annotated[list[Path] | None, typer.Option(help="more labelled sessions, to train on only")] = None,
    real: Real = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="judge each session by a model trained without it (6 folds)")
    ] = False,
    to: Annotated[Path, typer.Option(help="folder for index.html and evaluation.json")] = Path("evaluation"),
    lexicons: Annotated[Path, typer.Option(help="the codebook that is evaluated")] = CHECKOUT / "lexicons",
    seed: Annotated[int, typer.Option(help="deals the folds and draws the sessions for intervals")] = 7,
) -> None:
    """Measure the tags against people's codes, beside four baselines and the coders' own agreement."""
    from pipeline.evaluate import ENGINE, JUDGE
    from pipeline.figures import as_svg
    from pipeline.figures_evaluation import reliability, systems_forest
    from pipeline.judge_file import read_judge
    from pipeline.labelled import read_labelled, with_source
    from pipeline.report_evaluation import write_evaluation
    from pipeline.train_evaluation import evaluation
    from pipeline.train_lessons import examples_of
    from pipeline.train_measure import FOLDS, refitted

    files = [f for given in labelled for f in (sorted(given.glob("*.json")) if given.is_dir() else [given])]
    sessions = [s for file in files for s in read_labelled(file)]
    _check_named_once(sessions)
    model = lexicons / "model" / "judge.json"
    if not refit:
        _check_unseen(sessions, model.with_name("judge.record.json"))
    lexicon, embed, see = seeing(lexicons)
    out.print(f"{len(sessions)} sessions: looking at them")
    lessons, others = lessons_of(files, see, real), lessons_of(also or [], see, real)
    if refit:
        out.print(f"training {FOLDS} judges, each without the sessions it is asked about")
        judges = refitted(
            [*lessons, *others], [s.session_id for s in lessons], examples=examples_of(lexicon, embed), seed=seed
        )
    else:
        judges = dict.fromkeys((s.session_id for s in lessons), read_judge(model))
    codes = [c.id for c in lexicon.codes.values() if any(c.id in row for s in sessions for row in s.codes)]
    found = evaluation(
        lessons, judges, also=others, see=see, codes=codes, seed=seed, tell=lambda x: out.print(f"  {x}")
    )
    found |= {
        "program": __version__,
        "judge": "refitted, never trained on the session it judges" if refit else next(iter(judges.values())).version,
        "measured_on": {with_source(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "also_trained_on": {with_source(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in also or []},
        "seed": seed,
    }
    forest = systems_forest(found["families"], found["coder_pair"], ours=(JUDGE, ENGINE))
    figures = {"forest": as_svg(forest), "reliability": as_svg(reliability(found["calibration"]))}
    page = write_evaluation(found, {c.id: c.label for c in lexicon.codes.values()}, figures, to)
    (to / "evaluation.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    out.print(_table(found))
    out.print(f"page  {page}", markup=False)


def _check_named_once(sessions: list[LabelledSession]) -> None:
    names = [s.session_id for s in sessions]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise StudyProblem(f"labelled twice: {', '.join(twice[:5])}; each session once, please")


def _check_unseen(sessions: list[LabelledSession], record: Path) -> None:
    """A judge says of the sessions it was trained on what it was told: figures on them would mean nothing."""
    try:
        seen = set(json.loads(record.read_text(encoding="utf-8"))["seen"]) if record.exists() else set()
    except (ValueError, KeyError, TypeError):
        raise ModelProblem(f"{record.name} does not say what the judge was trained on; train it again") from None
    known = sum(s.mark in seen for s in sessions)
    if known:
        raise StudyProblem(
            f"{known} of {len(sessions)} sessions were used to train this judge: figures on them would flatter it. "
            "Add --refit (and --also with the other training files) to judge each by a model that never saw it"
        )


def _table(found: dict[str, Any]) -> Table:
    from pipeline.evaluate import JUDGE

    table = Table(
        title=f"{found['sessions']} sessions, {found['turns']} turns; F1 with 95 % limits", title_justify="left"
    )
    table.add_column("")
    for family in found["families"][JUDGE]:
        table.add_column(family, justify="right")
    for system, by_family in found["families"].items():
        table.add_row(system, *(_interval(f["f1"]) for f in by_family.values()))
    pair = found["coder_pair"]
    table.add_row("the two coders", *(_interval(pair[f]["positive_agreement"]) for f in found["families"][JUDGE]))
    return table


def _interval(values: list[float] | None) -> str:
    return "–" if values is None else f"{values[0]:.2f}  {values[1]:.2f}–{values[2]:.2f}"

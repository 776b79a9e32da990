"""The page of `alliance evaluate`: one HTML file with its figures inside, and no word that was said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.evaluate import ENGINE, JUDGE
from pipeline.report_page import page_template

FEWEST_SESSIONS = 3  # of a group; fewer say nothing about a group and much about its clients


def write_evaluation(found: Mapping[str, Any], labels: Mapping[str, str], figures: Mapping[str, str], to: Path) -> Path:
    """Write `to`/index.html and return its path.

    `found` is what `train_evaluation.evaluation` gives, `labels` the names of codes, `figures` SVG texts by name.
    """
    html = page_template("report_evaluation.html").render(
        found=found,
        labels=labels,
        families=list(next(iter(found["families"].values()))),
        auc=[(system, value) for system, value in found["session_auc"].items() if value],
        fewest=FEWEST_SESSIONS,
        judge=JUDGE,
        engine=ENGINE,
        **figures,  # the template marks them as safe: they come from `pipeline.figures`
    )
    to.mkdir(parents=True, exist_ok=True)
    page = to / "index.html"
    page.write_text(html, encoding="utf-8")
    return page

"""The exports as R reads them: every .sav through haven, every csv through base R, against the Parquet beside it.

Where R or its package haven is not installed these tests are not run and the summary of pytest says so; nothing stands
in for them.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from pipeline.export import export_study
from tests.study_store import write_study

RSCRIPT = shutil.which("Rscript")
HAS_HAVEN = (
    RSCRIPT is not None
    and not subprocess.run(
        [RSCRIPT, "-e", "quit(status = !requireNamespace('haven', quietly = TRUE))"], capture_output=True, check=False
    ).returncode
)
pytestmark = pytest.mark.skipif(
    not HAS_HAVEN,
    reason="NOT RUN: R with haven is not on this machine, so R has not read the exports (apt install r-cran-haven)",
)
# what R saw goes back as csv: values as they are read, value labels as words, missing as an empty cell
READ_ALL = r"""
options(digits = 15, scipen = 999)
folder <- commandArgs(TRUE)[1]
target <- commandArgs(TRUE)[2]
for (file in list.files(file.path(folder, "sav"), full.names = TRUE)) {
  name <- sub("[.]sav$", "", basename(file))
  sheet <- haven::read_sav(file)
  labels <- sapply(sheet, function(column) { label <- attr(column, "label"); if (is.null(label)) "" else label })
  write.csv(data.frame(column = names(sheet), label = labels), file.path(target, paste0(name, ".labels.csv")), row.names = FALSE)
  write.csv(as.data.frame(haven::as_factor(sheet)), file.path(target, paste0(name, ".sav.csv")), na = "", row.names = FALSE)
  plain <- read.csv(file.path(folder, "csv", paste0(name, ".csv")), na.strings = "", check.names = FALSE)
  write.csv(plain, file.path(target, paste0(name, ".csv.csv")), na = "", row.names = FALSE)
}
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> tuple[Path, Path]:
    """The export, and what R read of it."""
    here = tmp_path_factory.mktemp("r")
    database = write_study(here / "study.duckdb", clients=6, sessions=5, turns=60)
    out = export_study(database, here / "out", study_id="made-up").parent
    (here / "read.R").write_text(READ_ALL)
    (here / "read").mkdir()
    done = subprocess.run(
        [str(RSCRIPT), "--vanilla", here / "read.R", out, here / "read"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out, here / "read"


def as_r_says(frame: pl.DataFrame, *, yes_and_no: tuple[str, str]) -> dict[str, list]:
    """Numbers as floats, the rest as words; nothing and an empty word are the same to SPSS."""
    columns = {}
    for name, kind in frame.schema.items():
        column = frame[name]
        if kind == pl.Boolean:
            values: list = [None if v is None else yes_and_no[not v] for v in column]
        elif kind.is_numeric():
            values = [None if v is None else float(v) for v in column]
        elif kind == pl.Datetime:
            values = [None if v is None else v.isoformat()[:19] for v in column]
        else:
            values = [v or None for v in column]
        columns[name] = values
    return columns


def check(read: Path, want: pl.DataFrame, *, yes_and_no: tuple[str, str]) -> None:
    got = pl.read_csv(read, infer_schema=False)
    assert got.columns == want.columns
    assert got.height == want.height > 0
    for name, values in as_r_says(want, yes_and_no=yes_and_no).items():
        told = [v or None for v in got[name]]
        if any(isinstance(v, float) for v in values):
            assert [v is None for v in told] == [v is None for v in values], name
            assert [float(v) for v in told if v] == pytest.approx([v for v in values if v is not None]), name
        else:
            assert [v and v.replace(" ", "T") if want.schema[name] == pl.Datetime else v for v in told] == values, name


SHEETS = "sessions turns codes auto_codes decisions episodes alliance_scores score_ruptures long wide person_period"


@pytest.mark.parametrize("sheet", SHEETS.split())
def test_haven_reads_values_value_labels_and_variable_labels(seen, sheet):
    out, read = seen
    want = pl.read_parquet(out / "parquet" / f"{sheet}.parquet")
    check(read / f"{sheet}.sav.csv", want, yes_and_no=("yes", "no"))
    labels = pl.read_csv(read / f"{sheet}.labels.csv")
    dictionary = pl.read_csv(out / "data_dictionary.csv").filter(pl.col("sheet") == sheet)
    meanings = dict(dictionary.select("column", "meaning").rows())
    for column, label in labels.rows():
        assert label == meanings[column] or len(meanings[column]) > 256


@pytest.mark.parametrize("sheet", SHEETS.split())
def test_base_r_reads_the_csv(seen, sheet):
    out, read = seen
    want = pl.read_parquet(out / "parquet" / f"{sheet}.parquet")
    check(read / f"{sheet}.csv.csv", want, yes_and_no=("TRUE", "FALSE"))


def test_r_was_shown_every_sheet(seen):
    assert {f.stem for f in (seen[0] / "sav").iterdir()} == set(SHEETS.split())

"""Sheets as files: csv, Parquet, SPSS, and the data dictionary beside them. The same sheets give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.export_dictionary import Column
from pipeline.export_sheets import Sheet

SAV_STAMP = slice(92, 109)  # creation date and time in the header of a .sav file
NO_TIME = b"01 Jan 7000:00:00"
SPSS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")


def write_csv(sheet: Sheet, file: Path) -> None:
    """UTF-8 with a header; an empty cell is a missing value, dates are ISO, yes and no are TRUE and FALSE (R wants those)."""
    words = [
        pl.col(name).replace_strict({True: "TRUE", False: "FALSE"}, return_dtype=pl.String)
        for name, kind in sheet.frame.schema.items()
        if kind == pl.Boolean
    ]
    sheet.frame.with_columns(words).write_csv(file, datetime_format="%Y-%m-%dT%H:%M:%S")


def write_parquet(sheet: Sheet, file: Path) -> None:
    sheet.frame.write_parquet(file, compression="zstd", statistics=False)


def write_sav(sheet: Sheet, file: Path) -> None:
    """SPSS: closed lists become numbers from 1 with value labels, yes and no 1 and 0; every variable has its label."""
    import pyreadstat

    frame, value_labels, measure = _numbered(sheet)
    pyreadstat.write_sav(
        frame,
        file,
        file_label=sheet.about[:64],
        column_labels={c.name: _short(c.label) for c in sheet.columns},
        variable_value_labels=value_labels,
        variable_measure=measure,
        row_compress=True,
    )
    data = bytearray(file.read_bytes())  # the only place where the time of writing stands
    data[SAV_STAMP] = NO_TIME
    file.write_bytes(bytes(data))


def write_dictionary(sheets: Sequence[Sheet], file: Path) -> None:
    """One row per column of every sheet: type, meaning, and the values it can take with their SPSS numbers."""
    rows = [
        (s.name, c.name, str(s.frame.schema[c.name]), c.label, "; ".join(f"{n} = {v}" for n, v in _codes(c)))
        for s in sheets
        for c in s.columns
    ]
    names = ["sheet", "column", "type", "meaning", "values"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(file)


def _codes(column: Column) -> list[tuple[int, str]]:
    return list(enumerate(column.values, 1))


def _numbered(sheet: Sheet) -> tuple[pl.DataFrame, dict[str, dict[int | float, str]], dict[str, str]]:
    frame = sheet.frame
    value_labels: dict[str, dict[int | float, str]] = {}
    measure: dict[str, str] = {}
    changed = []
    for column in sheet.columns:
        name, kind = column.name, frame.schema[column.name]
        assert SPSS_NAME.fullmatch(name), name
        if column.values:
            number = {v: float(n) for n, v in _codes(column)}
            changed.append(pl.col(name).replace_strict(number, return_dtype=pl.Float64))
            value_labels[name] = {float(n): v for n, v in _codes(column)}
            measure[name] = "nominal"
        elif kind == pl.Boolean:
            changed.append(pl.col(name).cast(pl.Float64))
            value_labels[name] = {0.0: "no", 1.0: "yes"}
            measure[name] = "nominal"
        elif kind.is_numeric():
            changed.append(pl.col(name).cast(pl.Float64))
            measure[name] = "scale"
        elif kind == pl.Null:
            changed.append(pl.lit(None, pl.Float64).alias(name))
        elif kind == pl.String:
            changed.append(pl.col(name).fill_null(""))  # SPSS knows no missing text
            measure[name] = "nominal"
    return frame.with_columns(changed), value_labels, measure


def _short(label: str) -> str:
    """A variable label of at most 256 bytes, as SPSS allows."""
    return label if len(label.encode()) <= 256 else label.encode()[:253].decode(errors="ignore") + "..."

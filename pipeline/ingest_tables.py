"""Transcripts as tables: csv, tsv, xlsx, and rows from the tables of documents.

Columns: turn, speaker, start_s, end_s, text; `speaker` and `text` must exist. Times are seconds or h:mm:ss.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import Reason
from pipeline.ingest_turns import Unreadable, Utterance, seconds_of_clock

COLUMNS = ("turn", "speaker", "start_s", "end_s", "text")
REQUIRED = ("speaker", "text")
MOST_ROWS = 200_000
MOST_CELL_CHARACTERS = 2_000_000

Row = tuple[int, Sequence[str]]  # the row's number as an editor or a spreadsheet shows it (header: 1), and its cells


def read_csv(text: str, *, columns: Mapping[str, str] | None = None) -> list[Utterance]:
    """Read comma-separated values; with a heading that is only readable with ";" or tabs, those.

    `columns` maps our column names to the file's, {our name: name in the file}.
    Raises Unreadable: MALFORMED with the row, EMPTY, UNKNOWN_SPEAKER.
    """
    heading = text.split("\n", 1)[0]
    wanted = [(columns or {}).get(name, name) for name in REQUIRED]
    for delimiter in ",;\t":
        cells = [_name(cell) for cell in heading.replace('"', "").split(delimiter)]
        if all(_name(name) in cells for name in wanted):
            return read_table(_rows(text, delimiter), columns=columns)
    return read_table(_rows(text, ","), columns=columns)


def read_tsv(text: str, *, columns: Mapping[str, str] | None = None) -> list[Utterance]:
    """Read tab-separated values, as `read_csv`."""
    return read_table(_rows(text, "\t"), columns=columns)


def read_xlsx(data: bytes, *, columns: Mapping[str, str] | None = None) -> list[Utterance]:
    """Read the first sheet of a workbook (values, not formulas). Call `check_zip` first. Raises as `read_csv`."""
    import openpyxl

    workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # the declared size is only a claim
        return read_table(_sheet_rows(sheet.iter_rows(values_only=True)), columns=columns)
    finally:
        workbook.close()


def read_table(rows: Iterable[Row], *, columns: Mapping[str, str] | None = None) -> list[Utterance]:
    """Rows, the first of them the heading, to utterances. Raises Unreadable as `read_csv` does, with the row."""
    given = iter(rows)
    heading = next(given, None)
    if heading is None:
        raise Unreadable(Reason.EMPTY, "the table is empty: check the export")
    place = _places([_name(cell) for cell in heading[1]], columns or {})
    width = len(heading[1])
    utterances: list[Utterance] = []
    numbers_seen: set[int] = set()
    for row, cells in given:
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            raise _bad(row, f"has {len(cells)} cells, the heading {width}: put words with a separator in quotes")
        cell = {name: cells[at].strip() for name, at in place.items()}
        number = _turn_number(cell, row)
        if not cell["speaker"] and (cell["text"] or number is not None):
            raise Unreadable(Reason.UNKNOWN_SPEAKER, f"row {row} has no speaker: name one")
        last = utterances[-1] if utterances else None
        if number is not None and (last is None or number != last.turn):
            if numbers_seen and number <= max(numbers_seen):
                raise _bad(row, "goes back to an earlier turn number: sort the file by turn")
            numbers_seen = {number}
        elif number is not None and last is not None and last.speaker != cell["speaker"]:
            raise _bad(row, "gives one turn number two speakers: number the turns anew, or leave the column out")
        start, end = (_seconds(cell.get(name, ""), name, row) for name in ("start_s", "end_s"))
        if start is not None and end is not None and end < start:
            raise _bad(row, "ends before it starts: correct start_s and end_s")
        utterances.append(Utterance(cell["speaker"], cell["text"], start, end, number))
    return utterances


def _places(heading: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise Unreadable(
            Reason.MALFORMED,
            f"the column map names {len(unknown)} columns we do not have: use {', '.join(COLUMNS)} on the left side",
        )
    place: dict[str, int] = {}
    for ours in COLUMNS:
        theirs = _name(columns.get(ours, ours))
        if heading.count(theirs) > 1:
            raise Unreadable(Reason.MALFORMED, f"two columns can be '{ours}': rename one, or map the columns")
        if theirs in heading:
            place[ours] = heading.index(theirs)
        elif ours in REQUIRED or ours in columns:
            raise Unreadable(
                Reason.MALFORMED, f"no column '{ours}' in the heading: add it, or map the file's own name in study.toml"
            )
    return place


def _turn_number(cell: Mapping[str, str], row: int) -> int | None:
    if "turn" not in cell:
        return None
    if not re.fullmatch(r"\d{1,9}(?:\.0+)?", cell["turn"], re.ASCII):
        raise _bad(row, "has a turn that is no whole number: number every row, or leave the column out")
    return int(cell["turn"].split(".")[0])


def _seconds(cell: str, name: str, row: int) -> float | None:
    if not cell:
        return None
    clock = seconds_of_clock(cell)
    if clock is not None:
        return clock
    if re.fullmatch(r"\d{1,7}(?:\.\d{1,12})?", cell, re.ASCII):
        return float(cell)
    raise _bad(row, f"has a {name} that is no time: write seconds (12.5) or h:mm:ss")


def _rows(text: str, delimiter: str) -> Iterable[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CELL_CHARACTERS))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for cells in reader:
            row += 1
            if any(cell.strip() for cell in cells):
                yield row, cells
            if row > MOST_ROWS:
                raise Unreadable(Reason.TOO_LARGE, f"more than {MOST_ROWS} rows: one session a file")
    except csv.Error:  # an open quote at the end, a quote inside a cell, a cell beyond the limit
        row += 1
    else:
        return
    raise _bad(row, "is not valid csv (a quote that never closes, or one inside a cell): correct it, or export again")


def _sheet_rows(values: Iterable[Sequence[object]]) -> Iterable[Row]:
    width = 0
    for row, cells in enumerate(values, start=1):
        if row > MOST_ROWS:
            raise Unreadable(Reason.TOO_LARGE, f"more than {MOST_ROWS} rows: one session a file")
        written = [_cell(cell, row) for cell in cells]
        if any(cell.strip() for cell in written):
            width = width or len(written)
            yield row, written + [""] * (width - len(written))  # a sheet does not store empty cells at a row's end


def _cell(value: object, row: int) -> str:
    """A spreadsheet turns "0:03" into a time of day and "3" into 3.0; undo it."""
    if value is None:
        return ""
    if isinstance(value, datetime.time):
        return str(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    if isinstance(value, datetime.timedelta):
        return str(value.total_seconds())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _bad(row, "has a number that is none: correct it")
        return str(int(value)) if value == int(value) else str(round(value, 6))
    return str(value)


def _name(cell: str) -> str:
    return cell.strip().casefold()


def _bad(row: int, what: str) -> Unreadable:
    return Unreadable(Reason.MALFORMED, f"row {row} {what}")

import datetime
import io
import zipfile

import openpyxl
import pytest

from pipeline.errors import Reason
from pipeline.ingest_tables import read_csv, read_tsv, read_xlsx
from pipeline.ingest_turns import Unreadable, as_turns

CSV = 'turn,speaker,start_s,end_s,text\n0,T,0.5,2,"Well, how are you?"\n1,C,2.5,3,Fine.\n2,C,,,Mhm.\n'


def turns(utterances):
    return [(turn.turn_no, turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in as_turns(utterances)]


def test_numbered_turns_of_one_speaker_stay_two():
    assert turns(read_csv(CSV)) == [
        (0, "T", "Well, how are you?", 0.5, 2.0),
        (1, "C", "Fine.", 2.5, 3.0),
        (2, "C", "Mhm.", None, None),
    ]


def test_rows_of_one_number_are_one_turn():
    assert turns(read_csv(CSV.replace("2,C,,,", "1,C,3,4.5,")))[1] == (1, "C", "Fine. Mhm.", 2.5, 4.5)


def test_without_numbers_rows_of_one_speaker_are_one_turn():
    assert turns(read_csv("speaker,text\nT,a\nT,b\nC,\nC,c\n")) == [
        (0, "T", "a b", None, None),
        (1, "C", "c", None, None),
    ]


def test_a_numbered_turn_without_words_keeps_its_number():
    assert [turn[2] for turn in turns(read_csv("turn,speaker,text\n0,T,a\n1,C,\n2,T,b\n"))] == ["a", "", "b"]


def test_line_breaks_and_quotes_inside_a_cell():
    assert turns(read_csv('speaker,text\nT,"He said ""no"".\nThen left."\nC,ok\n'))[0][2] == 'He said "no".\nThen left.'


def test_semicolons_tabs_and_clock_times():
    expected = [(0, "T", "a, b", 3.0, 3723.5), (1, "C", "c", None, None)]
    text = "Speaker;Start_s;End_s;Text\nT;0:03;1:02:03.5;a, b\nC;;;c\n"
    assert turns(read_csv(text)) == expected
    assert turns(read_tsv(text.replace(";", "\t"))) == expected


def test_column_map():
    text = "Who,Said,From\nT,a,1\nC,b,2\n"
    columns = {"speaker": "who", "text": "Said", "start_s": "From"}
    assert turns(read_csv(text, columns=columns))[1] == (1, "C", "b", 2.0, None)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (CSV.replace("2.5", "soon"), "row 3 has a start_s"),
        (CSV.replace("2.5", "-1"), "row 3 has a start_s"),
        (CSV.replace("2.5", "nan"), "row 3 has a start_s"),
        (CSV.replace("2.5,3", "2.5,1"), "row 3 ends before"),
        (CSV.replace("1,C", "one,C"), "row 3 has a turn"),
        (CSV.replace("2,C", "0,C"), "row 4 goes back"),
        (CSV.replace("1,C,2.5", "0,C,2.5"), "row 3 gives one turn number two speakers"),
        (CSV.replace('"', ""), "row 2 has 6 cells"),
        (CSV.replace("2,C,,,Mhm.", "2,C"), "row 4 has 2 cells"),
        (CSV.replace('you?"', "you?"), "row 2 is not valid csv"),
        (CSV.replace("speaker", "who"), "no column 'speaker'"),
        (CSV.replace("start_s", "text"), "two columns"),
    ],
)
def test_malformed_names_the_row_and_no_words(text, advice):
    with pytest.raises(Unreadable, match=advice) as refusal:
        read_csv(text)
    assert refusal.value.reason is Reason.MALFORMED
    assert not any(word in str(refusal.value) for word in ("soon", "Fine", "Mhm", "how are"))


def test_column_map_must_hold():
    for columns in ({"said": "text"}, {"start_s": "From"}):
        with pytest.raises(Unreadable) as refusal:
            read_csv("speaker,text\nT,a\n", columns=columns)
        assert refusal.value.reason is Reason.MALFORMED


def test_a_row_without_speaker():
    with pytest.raises(Unreadable, match="row 3") as refusal:
        read_csv("speaker,text\nT,a\n,b\n")
    assert refusal.value.reason is Reason.UNKNOWN_SPEAKER


def test_only_a_heading_is_empty():
    with pytest.raises(Unreadable) as refusal:
        turns(read_csv("speaker,text\n"))
    assert refusal.value.reason is Reason.EMPTY


def workbook(*rows):
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def test_xlsx_with_the_cell_types_a_spreadsheet_makes():
    data = workbook(
        ["turn", "speaker", "start_s", "end_s", "text"],
        [0, "T", 0.5, 2, "How are you?"],
        [],
        [1.0, "C", datetime.time(0, 0, 3), datetime.timedelta(minutes=61), "Fine."],
        [2, "C", None, None, 42],
        [3, "T", "0:05"],
    )
    assert turns(read_xlsx(data)) == [
        (0, "T", "How are you?", 0.5, 2.0),
        (1, "C", "Fine.", 3.0, 3660.0),
        (2, "C", "42", None, None),
        (3, "T", "", 5.0, None),
    ]


def test_xlsx_bad_cell_names_the_row_of_the_sheet():
    data = workbook(["speaker", "text", "start_s"], ["T", "a", 1], ["C", "b", datetime.datetime(2026, 1, 1)])
    with pytest.raises(Unreadable, match="row 3 has a start_s"):
        read_xlsx(data)


def test_xlsx_that_claims_a_row_beyond_every_sheet():
    """openpyxl fills the gap with empty rows, one by one."""
    there, here = io.BytesIO(workbook(["speaker", "text"], ["T", "a"])), io.BytesIO()
    with zipfile.ZipFile(there) as old, zipfile.ZipFile(here, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<row r="2"', b'<row r="99999999999"').replace(b'r="A2"', b""))
    with pytest.raises(Unreadable) as refusal:
        read_xlsx(here.getvalue())
    assert refusal.value.reason is Reason.TOO_LARGE

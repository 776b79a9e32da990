import pytest

from pipeline.errors import StudyProblem
from pipeline.session import Source, Speaker
from pipeline.study import read_study
from pipeline.study_check import check_study
from pipeline.study_template import CSV_HEADS, write_new_study

SESSIONS = "session_id,client_id,therapist_id,session_no,planned_sessions,date,scheduled_start,actual_start,status,transcript,transcript_source,speaker_map\n"
CONSENT = "client_id,purpose,status,signed_on,expires_on,withdrawn_on,form_version\n"


def study(folder, sessions="", consent="c1,research,granted,2026-01-05,,,1\n", **files):
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "sessions.csv").write_text(SESSIONS + sessions, encoding="utf-8")
    (folder / "consent.csv").write_text(CONSENT + consent, encoding="utf-8")
    for name, body in files.items():
        (folder / name.replace("__", ".")).write_text(body, encoding="utf-8")
    return read_study(folder)


def test_a_new_study_reads_and_says_what_is_missing(tmp_path):
    assert write_new_study(tmp_path / "mine") == [*CSV_HEADS, "study.toml", ".gitignore"]
    new = read_study(tmp_path / "mine")
    assert new.settings.id == "mine"
    assert [str(p) for p in check_study(new)] == ["sessions.csv: lists no session yet; add one row a session"]
    assert write_new_study(tmp_path / "mine") == []


def test_the_template_of_study_toml_holds_for_every_line_that_is_uncommented(tmp_path, monkeypatch):
    write_new_study(tmp_path / "mine")
    file = tmp_path / "mine" / "study.toml"
    for name in ("en_core_web_trf", "my-sentence-model"):
        (tmp_path / "models" / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines))
    settings = read_study(tmp_path / "mine").settings
    assert settings.risk_limit == 0.6
    assert dict(settings.columns) == {"text": "Utterance", "speaker": "Who"}
    assert settings.measures["CARE"]["subscales"]["total"] == list(range(1, 11))


def test_a_row_of_sessions(tmp_path):
    row = "s1,c1,t1,3,10,2026-03-02,09:00,09:07,held,a.vtt,asr,Dr Quill=therapist;Sam=client\n"
    (s,) = study(tmp_path, row).sessions
    assert (s.session_no, s.planned_sessions, s.minutes_late, s.source) == (3, 10, 7.0, Source.ASR)
    assert s.roles == (("Dr Quill", Speaker.THERAPIST), ("Sam", Speaker.CLIENT))
    assert "Quill" not in repr(s)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Jane Roe,c1,t1,1,,2026-03-02,,,held,a.txt,,", "`session_id` must be"),
        ("s1,../c1,t1,1,,2026-03-02,,,held,a.txt,,", "`client_id` must be"),
        ("s1,c1,t1,0,,2026-03-02,,,held,a.txt,,", "`session_no` must be a whole number"),
        ("s1,c1,t1,1,,2.3.2026,,,held,a.txt,,", "`date` must be a date as"),
        ("s1,c1,t1,1,,2026-03-02,nine,,held,a.txt,,", "`scheduled_start` must be a time"),
        ("s1,c1,t1,1,,2026-03-02,,,done,a.txt,,", "`status` must be one of"),
        ("s1,c1,t1,1,,2026-03-02,,,held,,,", "a held session needs a `transcript`"),
        ("s1,c1,t1,1,,2026-03-02,,,held,a.txt,whisper,", "`transcript_source` must be one of"),
        ("s1,c1,t1,1,,2026-03-02,,,held,a.txt,,Jane Roe", "`speaker_map` must read like"),
        ("s1,c1,t1,1,,2026-03-02,,,held,a.txt,,a,b,c", "more cells than the header"),
    ],
)
def test_a_broken_row_is_named_and_the_others_stay(tmp_path, row, says):
    read = study(tmp_path, f"{row}\ns2,c1,t1,2,,2026-03-09,,,held,b.txt,,\n")
    assert [s.session_id for s in read.sessions] == ["s2"]
    (problem,) = read.problems
    assert (problem.file, problem.row) == ("sessions.csv", 2)
    assert says in problem.message
    assert "Roe" not in str(problem)


def test_a_session_id_stands_once(tmp_path):
    row = "s1,c1,t1,1,,2026-03-02,,,no_show,,,\n"
    read = study(tmp_path, row + row)
    assert len(read.sessions) == 1
    assert "already stands in row 2" in str(read.problems[0])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[deidentify]\nlimit = 3", "no setting `limit`"),
        ("ids = 'x'", "unknown key `ids`"),
        ("[deidentify]\nstile = 'x'", "no setting `stile`"),
        ("id = 'a/b'", "id must be letters"),
        ("id = ", "study.toml:"),
    ],
)
def test_a_mistake_in_study_toml_stops_with_what_is_wrong(tmp_path, body, says):
    with pytest.raises(StudyProblem, match=r"study\.toml") as caught:
        study(tmp_path, study__toml=body)
    assert says in str(caught.value)


@pytest.mark.parametrize("missing", ["sessions.csv", "consent.csv"])
def test_without_sessions_or_consent_nothing_runs(tmp_path, missing):
    study(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(StudyProblem, match=missing):
        read_study(tmp_path)


def test_check_names_file_row_and_what_to_do(tmp_path):
    rows = (
        "s1,c1,t1,1,,2026-03-02,,,held,gone.txt,,\ns2,c2,t1,1,,2026-03-02,,,held,../sessions.csv,,\n"
        "s3,c1,t1,2,,2026-03-02,,,held,a.mp3,,\ns4,c1,t1,3,,2026-03-02,,,held,empty.txt,,\n"
    )
    study(tmp_path, rows)
    (tmp_path / "inbox" / "a.mp3").write_bytes(b"x")
    (tmp_path / "inbox" / "empty.txt").write_bytes(b"")
    (tmp_path / "alliance.csv").write_text("client_id,session_id,measure\nc9,s9,SRS\n")
    (tmp_path / "roster.csv").write_text("person_id,role,kind,value\nc9,client,name,Jane Roe\n")
    said = [str(p) for p in check_study(read_study(tmp_path))]
    assert [s.split(":")[0] for s in said] == [
        "alliance.csv, row 2", "consent.csv", "roster.csv", "sessions.csv, row 2", "sessions.csv, row 3",
        "sessions.csv, row 4", "sessions.csv, row 5",
    ]  # fmt: skip
    assert not any("Roe" in s for s in said)


def test_a_csv_that_is_not_utf8_says_how_to_save_it(tmp_path):
    study(tmp_path)
    (tmp_path / "consent.csv").write_bytes(
        "client_id,purpose,status,signed_on\nc1,Gespräch,granted,2026-01-01\n".encode("cp1252")
    )
    with pytest.raises(StudyProblem, match="CSV UTF-8"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('[deidentify]\nrisk_limit = "0.6"', "`risk_limit` must be a number"),
        ("[deidentify]\nrisk_limit = 60", "at most 1"),
        ("[episodes]\nwindow = -3", "`window` must be at least 1"),
        ('[episodes]\ngap = "6"', "`gap` must be a whole number"),
        ('[transcripts]\ncolumns = "Utterance"', "`columns` must be a table"),
        ('[transcripts]\ncolumns = { txt = "A" }', "`txt` is none of"),
        ('[transcripts]\nencoding = "utf-nine"', "no encoding"),
        ('[models]\nentities = "no/such/folder"', "`entities` names no folder"),
        ("id = 5", "`id` must be text in quotes"),
        ('deidentify = "x"', "`deidentify` must be a table"),
    ],
)
def test_a_setting_of_the_wrong_kind_or_size_is_named(tmp_path, body, says):
    with pytest.raises(StudyProblem, match=r"study\.toml") as caught:
        study(tmp_path, study__toml=body)
    assert says in str(caught.value)


def test_a_consent_row_that_cannot_be_read_closes_the_client(tmp_path):
    read = study(tmp_path, consent="c1,research,granted,2026-01-05,,,1\nc1,research,Withdrawn,2026-02-01,,,1\n")
    assert [c.status for c in read.consents] == ["granted", "unreadable"]
    assert "`status` must be one of" in read.problems[0].message


def test_a_withdrawal_counts_without_a_date(tmp_path):
    read = study(tmp_path, consent="c1,research,granted,2026-01-05,,,1\nc1,research,withdrawn,,,,1\n")
    assert [c.status for c in read.consents] == ["granted", "withdrawn"]
    assert not read.problems

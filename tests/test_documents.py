"""What a document carries beside the talk never reaches a stored session: headers, comments, tracked changes, properties,
notes, file names, labels, and sessions.csv itself.

The words planted there are ordinary ones that no recogniser would remove, so a find means that they were read.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from flows.batch import admit
from pipeline.deidentify import Deidentified, deidentify_client
from pipeline.method import describe_session
from pipeline.pseudonyms import Crosswalk
from pipeline.study import read_study
from tests.formats.make_docx import docx, paragraph, run, says
from tests.test_ingest_eaf import EAF

PLANTED = "marmalade"  # in every corner but the talk
CLIENT, THERAPIST = "Kestrelle Vantongeren", "Dr Ambrosia Quillfeather"
LINES = [
    f"{THERAPIST}: So how has the week been since we last met?",
    f"{CLIENT}: It was fine, and then I went quiet again.",
    f"{THERAPIST}: And what was that like for you, Kestrelle?",
    f"{CLIENT}: I don't know. I just waited for it to pass.",
]


def cues(between: str) -> str:
    return between.join(
        f"00:00:{i:02d}{{mark}}000 --> 00:00:{i + 1:02d}{{mark}}000\n{line}\n" for i, line in enumerate(LINES)
    )


def tracked() -> str:
    who = f'w:id="1" w:author="{PLANTED}" w:date="2026-03-02T10:00:00Z"'
    deleted = f"<w:del {who}><w:r><w:delText>{PLANTED}</w:delText></w:r></w:del>"
    inserted = f"<w:ins {who}>{run(' and then I went quiet again.')}</w:ins>"
    first, second, *rest = LINES
    return says(first) + paragraph(run(second.split(",")[0] + ",") + deleted + inserted) + says(*rest)


def word_document() -> bytes:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = {
        "word/header.xml": f"<w:hdr {w}>{says(PLANTED)}</w:hdr>",
        "word/footer.xml": f"<w:ftr {w}>{says(PLANTED)}</w:ftr>",
        "word/comments.xml": f'<w:comments {w}><w:comment w:id="0" w:author="{PLANTED}">{says(PLANTED)}</w:comment></w:comments>',
        "word/footnotes.xml": f'<w:footnotes {w}><w:footnote w:id="2">{says(PLANTED)}</w:footnote></w:footnotes>',
        "docProps/core.xml": f'<cp xmlns="urn:x"><creator>{PLANTED}</creator><title>{PLANTED}</title></cp>',
        "docProps/app.xml": f'<p xmlns="urn:x"><Company>{PLANTED}</Company><Manager>{PLANTED}</Manager></p>',
        "docProps/custom.xml": f'<p xmlns="urn:x"><property name="{PLANTED}"><x>{PLANTED}</x></property></p>',
    }
    return docx(tracked(), more=parts)


def captions() -> str:
    head = f"WEBVTT - {PLANTED}\n\nNOTE {PLANTED}\n\nNOTE\n{PLANTED}\n{PLANTED}\n\nSTYLE\n::cue(.{PLANTED}) {{ color: red }}\n\n"
    return head + cues(f"\nNOTE {PLANTED}\n\n").replace("{mark}", ".") + f"\nNOTE {PLANTED}\n"


def named_captions() -> str:
    return "WEBVTT\n\n" + "\n".join(
        f"{PLANTED}-{i}\n{c}" for i, c in enumerate(cues("\0").replace("{mark}", ".").split("\0"))
    )


def segments() -> str:
    said = [
        {
            "start": i,
            "end": i + 1,
            "speaker": label,
            "text": text,
            "id": PLANTED,
            "words": [{"word": text, "who": PLANTED}],
        }
        for i, (label, text) in enumerate(line.split(": ", 1) for line in LINES)
    ]
    return json.dumps({"audio": f"/home/{PLANTED}/x.wav", "language": "en", "title": PLANTED, "segments": said})


def table() -> str:
    rows = [["turn", "speaker", "text", "note", PLANTED]]
    rows += [[str(i), *line.split(": ", 1), PLANTED, PLANTED] for i, line in enumerate(LINES)]
    return "\n".join(",".join(f'"{c}"' for c in row) for row in rows) + "\n"


def elan() -> str:
    return (
        EAF.replace("hidden", PLANTED)
        .replace('MEDIA_FILE=""', f'MEDIA_FILE="{PLANTED}.wav"')
        .replace('PARTICIPANT="Therapist"', f'PARTICIPANT="{THERAPIST}" ANNOTATOR="{PLANTED}"')
        .replace('TIER_ID="Client"', f'TIER_ID="{CLIENT}"')
        .replace('PARENT_REF="Client"', f'PARENT_REF="{CLIENT}"')
    )


DOCUMENTS = {
    "docx": word_document,
    "notes.vtt": captions,
    "ids.vtt": named_captions,
    "json": segments,
    "csv": table,
    "eaf": elan,
}


@pytest.fixture(params=sorted(DOCUMENTS))
def stored(request, tmp_path, models):
    """The safe session made from a document full of planted words, and its row."""
    content = DOCUMENTS[request.param]()
    study = tmp_path / "study"
    (study / "inbox").mkdir(parents=True)
    name = f"{PLANTED} {CLIENT}.{request.param}"
    write(study / "inbox" / name, content)
    speakers = f"{CLIENT}=client;{THERAPIST}=therapist"
    head = ["session_id", "client_id", "therapist_id", "session_no", "planned_sessions", "date", "scheduled_start",
            "actual_start", "status", "transcript", "speaker_map", "remarks"]  # fmt: skip
    rows = [
        ["s_1", "c01", "t01", "1", "12", "2026-02-17", "09:41", "09:47", "held", name, speakers, PLANTED],
        ["s_2", "c01", "t01", "2", "12", "2026-03-09", "09:41", "09:52", "held", name, speakers, PLANTED],
    ]
    with (study / "sessions.csv").open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([head, *rows])
    (study / "consent.csv").write_text("client_id,purpose,status,signed_on\nc01,research,granted,2026-01-05\n")
    read = read_study(study)
    assert read.problems == ()
    entry = read.sessions[1]
    raw = admit(read, entry)
    (result,) = deidentify_client([raw], known=(), detect=models.detect, crosswalk=Crosswalk(), date_offset_days=14)
    assert isinstance(result, Deidentified), result
    return describe_session(entry, read.of_client("c01"), result.turns)


def write(path: Path, content: bytes | str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_nothing_but_the_talk_is_stored(stored):
    text = " ".join(t.text for t in stored.turns)
    assert len(stored.turns) >= 3
    assert PLANTED not in text.casefold()
    assert "fine" in text.casefold()


def test_labels_and_file_names_are_nowhere(stored):
    everything = repr(stored).casefold()
    for word in (PLANTED, *CLIENT.casefold().split(), *THERAPIST.casefold().split()[1:]):
        assert word not in everything
    assert {t.speaker.value for t in stored.turns} == {"client", "therapist"}


def test_no_calendar_date_and_no_clock_of_sessions_csv(stored):
    assert (stored.day, stored.minutes_late) == (20, 11.0)
    everything = repr(stored)
    assert "2026" not in everything
    for clock in ("09:4", "9, 41", "9, 52", "09:52"):
        assert clock not in everything

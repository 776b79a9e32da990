"""Write the MIBot sessions as a study folder, so that anyone can redo it.

usage: python build.py SOURCE [STUDY]

SOURCE holds `mibot_utterances.parquet` (one row per bubble: session_id, turn, speaker_role, text) and
`mibot_sessions.csv` (session_id, CAREQ1..CAREQ10). STUDY is the folder to write, by default the one this file lies in.
The same source gives the same bytes. Nothing that could tell who took part beyond the public release is copied, and
participant codes, smoking history, readiness rulers and free feedback are left out.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

# The release has no dates and no clock. A constant keeps the layout of a study without inventing a calendar.
SESSION_DATE = "2025-01-02"
SIGNED_ON = "2025-01-01"

SESSION_COLUMNS = [
    *("session_id", "client_id", "therapist_id", "session_no", "planned_sessions", "date"),
    *("scheduled_start", "actual_start", "status", "transcript", "transcript_source", "speaker_map"),
]
CONSENT_COLUMNS = ["client_id", "purpose", "status", "signed_on", "expires_on", "withdrawn_on", "form_version"]
ALLIANCE_COLUMNS = ["client_id", "session_id", "measure", "form", "timing", "item", "value", "min", "max"]

CARE_ITEMS = range(1, 11)
CARE_MIN, CARE_MAX = 1, 5
COUNSELLOR = "mibot_v6_3a"
LETTER = {"therapist": "T", "client": "C"}

STUDY_TOML = """\
# The MIBot study: 106 people who smoke, each in one conversation with a counselling chatbot. See ATTRIBUTION.md.
id = "mibot"
purpose = "research"

# Client-rated empathy, ten items. Not one of the built-in measures: a study may bring its own key like this.
[measures.CARE]
min = 1
max = 5
key_source = "Mercer et al. 2004"

[measures.CARE.subscales]
total = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
"""


def turns_of(bubbles: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join the bubbles (role, text) of one session, in order, to turns (letter, text).

    A turn is all that one side wrote before the other did. A bubble without words (there is one) is left out.
    """
    turns: list[tuple[str, str]] = []
    for role, text in bubbles:
        said = " ".join(text.split())
        if not said:
            continue
        if turns and turns[-1][0] == LETTER[role]:
            turns[-1] = (LETTER[role], f"{turns[-1][1]} {said}")
        else:
            turns.append((LETTER[role], said))
    return turns


def care_value(cell: str) -> str:
    """An answer from 1 to 5, or nothing: a 0 in the source lies outside the scale and is taken as not answered."""
    return cell if cell and CARE_MIN <= int(cell) <= CARE_MAX else ""


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(head)
        table.writerows(rows)


def build(source: Path, study: Path) -> int:
    """Write the study and return its number of sessions."""
    import polars as pl

    bubbles = pl.read_parquet(source / "mibot_utterances.parquet").sort("session_id", "turn")
    with (source / "mibot_sessions.csv").open(newline="", encoding="utf-8") as file:
        ratings = {row["session_id"]: row for row in csv.DictReader(file)}
    inbox = study / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)

    sessions: list[Sequence[object]] = []
    consent: list[Sequence[object]] = []
    alliance: list[Sequence[object]] = []
    for (session_id,), part in bubbles.group_by(["session_id"], maintain_order=True):
        client = f"c_{session_id}"
        turns = turns_of(part.select("speaker_role", "text").iter_rows())
        write(
            inbox / f"{session_id}.csv",
            ["turn", "speaker", "start_s", "end_s", "text"],
            [(number, letter, "", "", text) for number, (letter, text) in enumerate(turns)],
        )
        sessions.append(
            (session_id, client, COUNSELLOR, 1, 1, SESSION_DATE, "", "", "held", f"{session_id}.csv", "human", "")
        )
        consent.append((client, "research", "granted", SIGNED_ON, "", "", "public-release"))
        for item in CARE_ITEMS:
            value = care_value(ratings[str(session_id)][f"CAREQ{item}"])
            alliance.append((client, session_id, "CARE", "client", "post", item, value, CARE_MIN, CARE_MAX))

    write(
        study / "sessions.csv",
        SESSION_COLUMNS,
        sessions,
    )
    write(
        study / "consent.csv",
        CONSENT_COLUMNS,
        consent,
    )
    write(
        study / "alliance.csv",
        ALLIANCE_COLUMNS,
        alliance,
    )
    (study / "study.toml").write_text(STUDY_TOML, encoding="utf-8")
    return len(sessions)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    target = Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent
    sys.stdout.write(f"{build(Path(sys.argv[1]), target)} sessions written\n")

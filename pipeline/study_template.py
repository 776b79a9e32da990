"""A new study folder: a commented study.toml and csv files with nothing but their first line."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import StudyProblem

STUDY_TOML = """\
# The settings of one study. Every line that starts with # shows a default: take the # away to change it.
id = "{id}"
purpose = "research"            # the purpose that consent.csv must grant

[deidentify]
# style = "placeholder"         # [NAME_1], [LOCATION_2]; or "surrogate": invented names in their place
# risk_limit = 0.6              # above this residual risk (0 to 1) a session goes to quarantine, not to the database

[episodes]
# gap = 6                       # markers at most this many turns apart form one episode
# window = 40                   # turns in which a repair is looked for

[transcripts]
# encoding = "utf-8"            # never guessed; set e.g. "cp1252" if all your files are that
# columns = {{ text = "Utterance", speaker = "Who" }}   # only if your csv columns have other names

[models]
# entities = "~/models/en_core_web_trf"     # a spaCy model of your own for names
# meaning = "~/models/my-sentence-model"    # a sentence-transformers model of your own

# Alliance measures with a key of your own (WAI, WAI-S, WAI-SR, SRS, HAq-II and ARM-5 are built in):
# [measures.CARE]
# min = 1
# max = 5
# key_source = "Mercer et al. 2004"
# [measures.CARE.subscales]
# total = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
"""

CSV_HEADS = {
    "sessions.csv": "session_id,client_id,therapist_id,session_no,planned_sessions,date,scheduled_start,actual_start,"
    "status,transcript,transcript_source,speaker_map",
    "consent.csv": "client_id,purpose,status,signed_on,expires_on,withdrawn_on,form_version",
    "roster.csv": "person_id,role,kind,value",
    "alliance.csv": "client_id,session_id,measure,form,timing,item,subscale,value,min,max",
}

IGNORE = "# What a lab owns stays out of version control.\n*\n!.gitignore\n"


def write_new_study(folder: Path) -> list[str]:
    """Write what is missing of a study folder and return the names written; nothing there is overwritten."""
    if folder.exists() and not folder.is_dir():
        raise StudyProblem(f"{folder}: is a file; name a folder")
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    files = {name: head + "\n" for name, head in CSV_HEADS.items()}
    files["study.toml"] = STUDY_TOML.format(id=_study_id(folder))
    files[".gitignore"] = IGNORE
    written = []
    for name, body in files.items():
        if not (folder / name).exists():
            (folder / name).write_text(body, encoding="utf-8")
            written.append(name)
    return written


def _study_id(folder: Path) -> str:
    name = "".join(c if (c.isalnum() and c.isascii()) or c in "_-." else "-" for c in folder.resolve().name)
    return name.strip("-.") or "study"

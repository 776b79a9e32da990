"""A study's database as files for other programs: one folder, with a data dictionary and a manifest.

    csv/ parquet/ sav/   the tables and three shapes (long, wide, person_period)
    tables/              counts with small cells suppressed: the only part made to leave the lab
    snapshot.duckdb      for DuckDB 1.4 and later, R and Python
    project.qdpx         REFI-QDA for programs of qualitative analysis
    events.sds timed.sds GSEQ
    data_dictionary.csv  every column with its meaning and values
    manifest.json        versions, hashes, what was suppressed

Without text (the default) no file holds a word that was said; it is still data of single patients.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import __version__
from pipeline.errors import StudyProblem
from pipeline.export_files import write_csv, write_dictionary, write_parquet, write_sav
from pipeline.export_refi import write_qdpx
from pipeline.export_sequences import sequences
from pipeline.export_sheets import Sheet, sheets, text_columns
from pipeline.export_suppressed import suppressed_tables
from pipeline.store import open_store
from pipeline.store_files import copy_for_sharing

FORMATS = ("csv", "parquet", "sav", "tables", "duckdb", "qdpx", "sds")
WRITERS: Mapping[str, Callable[[Sheet, Path], None]] = {"csv": write_csv, "parquet": write_parquet, "sav": write_sav}
MANIFEST = "manifest.json"
TOOLS = ("duckdb", "polars", "pyreadstat", "lxml")


def export_study(
    database: Path, target: Path, *, study_id: str, formats: Sequence[str] = FORMATS, with_text: bool = False,
    definitions: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """Write the folder `target` and return its manifest. An earlier export there is replaced as a whole.

    Raises StudyProblem for an unknown format or a target that is no earlier export, StoreProblem where the database
    cannot be read.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise StudyProblem(f"unknown format {', '.join(unknown)}; known are {', '.join(FORMATS)}")
    if target.exists() and not (target / MANIFEST).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise StudyProblem(f"{target}: is there and is no earlier export; name a new folder")
    fresh = target.with_name(target.name + ".unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        manifest = _write(database, fresh, study_id, formats, with_text, definitions or {})
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)  # half an export may not lie about
        raise
    if target.exists():
        shutil.rmtree(target)
    os.replace(fresh, target)
    return target / MANIFEST


def _write(
    database: Path, folder: Path, study_id: str, formats: Sequence[str], with_text: bool, definitions: Mapping[str, str]
) -> dict[str, Any]:
    about: dict[str, dict[str, Any]] = {}
    suppressed: dict[str, list[dict[str, Any]]] = {}
    with open_store(database, read_only=True) as store:
        made = sheets(store.query, with_text=with_text)
        for kind in [f for f in WRITERS if f in formats]:
            (folder / kind).mkdir()
            for sheet in made:
                file = folder / kind / f"{sheet.name}.{kind}"
                WRITERS[kind](sheet, file)
                about[f"{kind}/{file.name}"] = {"rows": sheet.frame.height, "about": sheet.about}
        if "tables" in formats:
            (folder / "tables").mkdir()
            for table, released in suppressed_tables(store.rows):
                pl.DataFrame(released.rows, infer_schema_length=None).write_csv(folder / "tables" / f"{table.name}.csv")
                about[f"tables/{table.name}.csv"] = {"rows": len(released.rows), "about": table.about}
                suppressed[table.name] = [
                    # not why: who knows which gaps are small and which hide them knows more of both
                    {table.by: s.row[0], "column": s.column}
                    for s in released.suppressed
                ]
        if "qdpx" in formats:
            write_qdpx(
                store.rows, folder / "project.qdpx", study_id=study_id, with_text=with_text, definitions=definitions
            )
            about["project.qdpx"] = {"about": "REFI-QDA project."}
        if "sds" in formats:
            for name, content in sequences(store.rows).items():
                (folder / name).write_text(content, encoding="utf-8")
                about[name] = {"about": "GSEQ sequences (SDIS)."}
        write_dictionary(made, folder / "data_dictionary.csv")
        about["data_dictionary.csv"] = {"about": "Every column with its meaning and values."}
        last = store.rows(
            "SELECT run_id, code_version, lexicon_hash, model_hashes, settings_hash FROM runs"
            " WHERE run_id IN (SELECT run_id FROM sessions) ORDER BY started DESC, run_id LIMIT 1"
        )
    if "duckdb" in formats:
        contents = copy_for_sharing(database, folder / "snapshot.duckdb", with_text=with_text)
        about["snapshot.duckdb"] = {"about": "The whole database.", "content_sha256": contents}
    return {
        "study": study_id,
        "program": f"alliance-rupture-pipeline {__version__}",
        "tools": {name: version(name) for name in TOOLS},
        "last_run_that_wrote": {**last[0], "model_hashes": json.loads(last[0]["model_hashes"])} if last else None,
        "with_text": with_text,
        "text_columns": text_columns(made),
        "files": {
            name: {**about[name], **_fingerprint(folder / name, "content_sha256" in about[name])}
            for name in sorted(about)
        },
        "suppressed": suppressed,
        "note": "All but tables/ is data of single patients: de-identified is not anonymous.",
    }


def _fingerprint(file: Path, by_content: bool) -> dict[str, Any]:
    """Hash and size. DuckDB gives every file an id of its own, so its contents are hashed and not its bytes."""
    if by_content:
        return {}
    data = file.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

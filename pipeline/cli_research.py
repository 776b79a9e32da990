"""Verbs of `alliance` for after the run: export the study to other programs, draft the methods section of a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import StoreProblem
from pipeline.study import Study, read_study
from pipeline.study_settings import CHECKOUT

StudyFolder = Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")]


def export(
    folder: StudyFolder,
    to: Annotated[Path | None, typer.Option(help="where to write; DIR/exports/research otherwise")] = None,
    formats: Annotated[
        str, typer.Option("--formats", help="some of csv,parquet,sav,tables,duckdb,qdpx,sds", metavar="LIST")
    ] = "csv,parquet,sav,tables,duckdb,qdpx,sds",
    with_text: Annotated[bool, typer.Option("--with-text", help="include the de-identified words")] = False,
) -> None:
    """Write the study for SPSS, R, Python, DuckDB, qualitative programs and GSEQ, with a data dictionary and a manifest.

    Without --with-text no file holds a word that was said. Only tables/ has small cells suppressed.
    """
    from pipeline.export import export_study
    from pipeline.lexicon import read_lexicon

    study = read_study(folder)
    target = to or folder / "exports" / "research"
    lexicon = read_lexicon(study.settings.lexicons)
    manifest = export_study(
        _readable(study),
        target,
        study_id=study.settings.id,
        formats=[f.strip() for f in formats.split(",") if f.strip()],
        with_text=with_text,
        definitions={name: code.definition for name, code in lexicon.codes.items()},
    )
    typer.echo(f"wrote {manifest.parent}; {manifest.name} lists every file, its hash and what was suppressed")
    words = "holds de-identified words" if with_text else "holds no words"
    typer.echo(f"It {words} and is data of single patients all the same: handle it as such. Only tables/ may leave.")


def methods(folder: StudyFolder) -> None:
    """Draft the methods section of a paper: versions, thresholds, counts, agreement, limits, references."""
    from pipeline.lexicon import read_lexicon
    from pipeline.methods_paragraph import methods_paragraph
    from pipeline.store import open_store

    study = read_study(folder)
    question = CHECKOUT / "data_contracts" / "queries" / "agreement_per_code.sql"
    with open_store(_readable(study), read_only=True) as store:
        typer.echo(
            methods_paragraph(
                store.rows,
                settings=study.settings,
                codebook_version=read_lexicon(study.settings.lexicons).version,
                agreement=store.rows(question.read_text(encoding="utf-8")),
            ),
            nl=False,
        )


def _readable(study: Study) -> Path:
    """The database, or its published copy while a run holds the database."""
    from pipeline.store import open_store

    published = study.store_path.with_name("published.duckdb")
    try:
        open_store(study.store_path, read_only=True).close()
    except StoreProblem:
        if not published.exists():
            raise
        return published
    return study.store_path

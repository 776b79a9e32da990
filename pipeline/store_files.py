"""The file behind the research database: open and lock it, check its tables, copy, rewrite, publish and dump it.

Facts of DuckDB 2.0 this stands on, all run: a file has one process; DELETE, CHECKPOINT and VACUUM leave the bytes of
deleted rows in the file, only COPY FROM DATABASE into a new one does not; temp files spill plain text and cannot be
encrypted without a downloaded extension, so they stay in the store's own folder and go when it is closed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import duckdb

from pipeline.errors import StoreProblem

DATA_CONTRACTS = Path(__file__).resolve().parent.parent / "data_contracts"
UNFINISHED = ".unfinished"
NOT_SHARED = {"session_inputs", "refusals"}
COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
    " WHERE database_name = current_database() AND NOT internal AND table_name IN"
    " (SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()) ORDER BY ALL"
)


def open_file(path: Path, *, read_only: bool, contracts: Path) -> duckdb.DuckDBPyConnection:
    """A connection to a database with the tables and views of `contracts`. See `store.open_store` for errors."""
    if read_only and not path.is_file():
        raise StoreProblem(f"no research database at {path.name}: run `alliance run` on the study first")
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, read_only=read_only)
    try:
        if (
            not read_only
        ):  # now the lock is ours, so a copy found here was cut off, and may hold what is forgotten since
            for leftover in path.parent.glob(f"*{UNFINISHED}*"):
                leftover.unlink()
        if not read_only and not connection.execute(COLUMNS).fetchall():
            connection.execute((contracts / "tables.sql").read_text(encoding="utf-8"))
        _check_tables(path, connection, contracts)
        if not read_only:
            connection.execute((contracts / "views.sql").read_text(encoding="utf-8"))
            if has_deleted_rows(path):  # the run before was cut off between deleting and rewriting
                connection = rewrite(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(path.parent / f"{path.name}.tmp"),
        "autoinstall_known_extensions": False,  # an extension is a download
        "autoload_known_extensions": False,
    }
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=settings)
    except duckdb.IOException as error:
        holder = re.search(r"PID (\d+)", str(error))
        if holder:
            raise StoreProblem(
                f"{path.name} is held by process {holder.group(1)}: wait until that run has ended, or stop it;"
                " to read meanwhile, open the published snapshot"
            ) from None
        raise StoreProblem(
            f"{path.name} cannot be opened: is it a DuckDB file, and may you read and write it?"
        ) from None
    except duckdb.ConnectionException:
        raise StoreProblem(f"{path.name} is already open in this process: close it first") from None
    except duckdb.Error as error:
        raise StoreProblem(f"{path.name} cannot be opened ({type(error).__name__}): is it a damaged file?") from None
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _check_tables(path: Path, connection: duckdb.DuckDBPyConnection, contracts: Path) -> None:
    """Compare with what tables.sql makes, so that the schema needs no version number of its own."""
    with duckdb.connect(":memory:") as model:
        model.execute((contracts / "tables.sql").read_text(encoding="utf-8"))
        wanted = set(model.execute(COLUMNS).fetchall())
    found = set(connection.execute(COLUMNS).fetchall())
    if wanted != found:
        differing = sorted({row[0] for row in wanted ^ found})
        raise StoreProblem(
            f"{path.name} was made by another version of this program (tables that differ: {', '.join(differing)});"
            " move it away and run again: coders' decisions are kept in reviews.sqlite and come back"
        )


def copy_to(connection: duckdb.DuckDBPyConnection, target: Path, *, storage: str | None = None) -> Path:
    """Copy the whole database to `target` and swap it in with an atomic rename."""
    fresh = _unfinished_copy(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    options = f" (STORAGE_VERSION '{storage}')" if storage else ""
    source = connection.execute("SELECT current_database()").fetchall()[0][0]
    try:
        connection.execute(f"ATTACH {_quoted(fresh)} AS copied_out{options}")
        try:
            connection.execute(f'COPY FROM DATABASE "{source}" TO copied_out')
        finally:
            connection.execute("DETACH copied_out")
        if target.exists():
            shutil.copymode(target, fresh)
        _rename(fresh, target)
    except (duckdb.Error, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise StoreProblem(f"{target.name} was not written ({type(error).__name__}): is the disk full?") from None
    return target


def rewrite(path: Path, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Swap the file for a copy that holds only live rows, and return a connection to it."""
    connection.execute("CHECKPOINT")  # so that the write-ahead log holds nothing that belongs to the old file
    fresh = copy_to(connection, path.with_name(f"{path.name}.rewritten{UNFINISHED}"))
    connection.close()
    shutil.copymode(path, fresh)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    _rename(fresh, path)
    _mark(path).unlink(missing_ok=True)
    return _connect(path, read_only=False)


def dump(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Every table as one parquet file, rows sorted by all columns."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1"
    paths = []
    for (table,) in connection.execute(tables).fetchall():
        paths.append(folder / f"{table}.parquet")
        connection.execute(f"COPY (SELECT * FROM {table} ORDER BY ALL) TO {_quoted(paths[-1])} (FORMAT parquet)")
    return paths


def mark_deleted_rows(path: Path) -> None:
    """Note beside the file that its bytes hold deleted rows: a file, because a crash must not lose the note."""
    _mark(path).touch()


def has_deleted_rows(path: Path) -> bool:
    return _mark(path).exists()


def _mark(path: Path) -> Path:
    return path.with_name(path.name + ".has_deleted_rows")


def _unfinished_copy(target: Path) -> Path:
    return target.with_name(target.name + UNFINISHED)


def _rename(source: Path, target: Path) -> None:
    os.replace(source, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself has to reach the disk
    finally:
        os.close(folder)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def copy_for_sharing(database: Path, target: Path, *, with_text: bool) -> str:
    """Copy a closed database to a new file that DuckDB 1.4 and later can read, and return a hash of its contents.

    Without text, `turns.text` is empty in every row; rows are inserted anew, so that no byte of the file has a word.
    What sessions were made from and which were refused stays behind. The hash is over all rows in order, so equal
    contents give equal hashes where DuckDB's own file id makes the bytes differ.
    """
    target.unlink(missing_ok=True)
    try:
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
            connection.execute(f"ATTACH {_quoted(database)} AS original (READ_ONLY)")
            connection.execute(f"ATTACH {_quoted(target)} AS shared (STORAGE_VERSION 'v1.4.0')")
            connection.execute("USE shared")
            for name in ("tables.sql", "views.sql"):
                connection.execute((DATA_CONTRACTS / name).read_text(encoding="utf-8"))
            tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'shared' ORDER BY 1"
            digest = hashlib.sha256()
            for (table,) in connection.execute(tables).fetchall():
                if table in NOT_SHARED:
                    continue
                changed = " REPLACE ('' AS text)" if table == "turns" and not with_text else ""
                connection.execute(f"INSERT INTO {table} SELECT *{changed} FROM original.{table} ORDER BY ALL")
                rows = connection.execute(f"SELECT * FROM {table} ORDER BY ALL")
                digest.update(table.encode())
                while batch := rows.fetchmany(10_000):
                    digest.update(repr(batch).encode())
            connection.execute("USE memory")
            connection.execute("DETACH shared")
    except duckdb.Error as error:
        target.unlink(missing_ok=True)
        raise StoreProblem(f"{target.name} was not written ({type(error).__name__})") from None
    return digest.hexdigest()

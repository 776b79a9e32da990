"""`alliance vault rotate`: a new key for the vault of a study."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipeline.study import read_study

vault_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The vault that holds which pseudonym is whom."
)


@vault_app.callback()
def vault() -> None:
    """Keep `rotate` a command of its own."""


@vault_app.command()
def rotate(
    folder: Annotated[Path, typer.Argument(help="the study folder", metavar="DIR")],
    new_key_file: Annotated[Path, typer.Option("--new-key-file", help="file of the new key, made where it is missing")],
    key_file: Annotated[Path | None, typer.Option("--key-file", help="file that holds the key so far")] = None,
) -> None:
    """Encrypt the vault with a new key; the old one opens nothing any more.

    Pseudonyms, surrogates and moved dates stay what they are. Afterwards every run needs the new key: name its file with
    --key-file or put it into ALLIANCE_VAULT_KEY. Backups of the vault made before can still be opened with the old
    key: destroy them, or the old key. A lost key cannot be replaced: pseudonyms can then never be traced back.
    """
    from pipeline.store import open_store
    from pipeline.vault import find_key, new_key
    from pipeline.vault_rotation import rotate as rotate_vault

    out = Console(highlight=False, soft_wrap=True)
    study = read_study(folder)
    old = find_key(folder, key_file=key_file, environ=os.environ)
    new = new_key(new_key_file, study=folder)
    clients = {s.client_id for s in study.sessions} | {c.client_id for c in study.consents}
    # the open database keeps a run from writing to the vault meanwhile
    held = open_store(study.store_path) if study.store_path.exists() else nullcontext()
    with held:
        done = rotate_vault(folder / "vault", old, new, client_ids=clients)
    out.print(f"{done.clients} crosswalks are encrypted with the new key, {done.removed} old files were removed.")
    out.print(f"From now on: alliance run {folder} --key-file {new_key_file}", markup=False)
    out.print("Keep a copy of the key apart from the study, and destroy old backups of the vault.")

"""A new key for a vault: every file is encrypted anew, and the old key opens nothing any more.

File names hang on the key, so old and new files can lie side by side. The file `key.check` says which key counts:
replacing it is the one step that decides. A crash before it leaves the old key in force, a crash after it the new one;
running the rotation again finishes or repeats it, and no crosswalk is ever without a readable copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import VaultProblem
from pipeline.vault import Key, Vault

_CHECK = "key.check"


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many crosswalks the new key opens, and how many files of the old one were removed."""

    clients: int
    removed: int


def rotate(folder: Path, old: Key, new: Key, *, client_ids: Iterable[str]) -> Rotated:
    """Encrypt the vault in `folder` with `new` instead of `old`; nothing may write to it meanwhile.

    `client_ids` are all clients the study knows: a file belongs to its client by a keyed hash alone, so a file whose
    client is not among them cannot be carried over. VaultProblem, with nothing changed, where such a file is there,
    where `old` is not the key, or where both keys are the same.
    """
    if old.secret == new.secret:
        raise VaultProblem("the new key is the old one: name a key file that does not exist yet, and it will be made")
    before, after = Vault(folder, old), Vault(folder, new)
    clients = sorted(set(client_ids))
    check = folder / _CHECK
    if not check.exists():
        raise VaultProblem(f"{folder} holds no vault: there is nothing to encrypt anew")
    if not _opens(after):  # else a rotation stopped after it took effect: only the old files are left to remove
        before.check_key()
        old_files = {before.path_of(c): c for c in clients if before.path_of(c).exists()}
        made = {after.path_of(c) for c in clients}
        strangers = [p for p in folder.glob("*.vault") if p not in old_files and p not in made]
        if strangers:
            raise VaultProblem(
                f"{len(strangers)} files of the vault belong to no client_id of sessions.csv or consent.csv: list those "
                "clients again (a row in consent.csv is enough), or forget them with a withdrawal and a run, then rotate"
            )
        for path, client in old_files.items():
            data = before.read_file(path, path.read_bytes(), client.encode())
            after.write_file(after.path_of(client), client.encode(), data)
            if after.read_file(after.path_of(client), after.path_of(client).read_bytes(), client.encode()) != data:
                raise VaultProblem(
                    "a file written with the new key does not read back: check the disk; the old key counts"
                )
        for path in made - {after.path_of(c) for c in old_files.values()}:
            path.unlink(missing_ok=True)  # left by a rotation that stopped, of a client forgotten since
        after.write_file(check, _CHECK.encode(), b"this vault and this key belong together")
        _flush(folder)
    removed = 0
    for client in clients:
        if before.path_of(client).exists():
            before.path_of(client).unlink()
            removed += 1
    _flush(folder)
    return Rotated(sum(after.path_of(c).exists() for c in clients), removed)


def _opens(vault: Vault) -> bool:
    try:
        vault.check_key()
    except VaultProblem:
        return False
    return True


def _flush(folder: Path) -> None:
    """What a rename did must be on the disk before the next step."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

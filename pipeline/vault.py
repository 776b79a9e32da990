"""The vault: one encrypted crosswalk per client, in the study; its key never is.

AES-256-GCM with the client's id as associated data, so that a file cannot be passed off as another client's. File
names and date offsets are keyed hashes: without the key nobody sees who is in the vault or by how much a date was
moved.

What loss means. *The key is lost*: the vault cannot be opened by anybody, so no pseudonym can be traced back (for good:
the database then holds no link to people at all), and new sessions of a client cannot be numbered like the earlier ones;
move the vault folder away, and a run makes a new key and gives every client new pseudonyms. *The vault is lost, the key
is not*: the same, but date offsets and surrogates of new sessions stay, as they come from the key; restore the folder
from a backup to keep the numbers. *The key is known to somebody it should not be*: `alliance vault rotate`
(`pipeline.vault_rotation`), and destroy backups of the vault that the old key opens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.errors import VaultProblem

VARIABLE = "ALLIANCE_VAULT_KEY"
_MAGIC = b"ALV1"
_NONCE = 12
_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Key:
    """32 secret bytes and where they came from: `file` is None when the environment held the key, `made` when it is
    new."""

    secret: bytes = field(repr=False)
    file: Path | None = None
    made: bool = False


def find_key(study: Path, *, key_file: Path | None = None, environ: Mapping[str, str]) -> Key:
    """The key of the vault: from ALLIANCE_VAULT_KEY, else `key_file`, else a file in the user's own configuration
    folder.

    The last is made when it is missing (mode 600); tell the user its path, as a lost key cannot be replaced.
    VaultProblem where the key is malformed, missing, or lies inside the study folder.
    """
    text = environ.get(VARIABLE, "").strip()
    if key_file is not None:
        _outside(key_file, study)
        named = Key(_read(key_file), key_file)
        if text and _decode(text, f"the variable {VARIABLE}") != named.secret:
            raise VaultProblem(f"{VARIABLE} and --key-file hold different keys: give one of them")
        return named
    if text:
        return Key(_decode(text, f"the variable {VARIABLE}"))
    home = environ.get("XDG_CONFIG_HOME") or (
        Path(environ["HOME"]) / ".config" if environ.get("HOME") else Path.home() / ".config"
    )
    path = Path(home) / "alliance" / "vault.key"
    _outside(path, study)
    if path.exists():
        return Key(_read(path), path)
    secret = secrets.token_bytes(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(base64.urlsafe_b64encode(secret).decode() + "\n")
    except FileExistsError:  # another process of the same run was faster
        return Key(_read(path), path)
    except OSError:
        raise VaultProblem(
            f"no vault key, and none can be written to {path}: set {VARIABLE} or name a key file"
        ) from None
    return Key(secret, path, made=True)


def new_key(path: Path, *, study: Path) -> Key:
    """The key in the file `path`, made there (mode 600) where there is none. VaultProblem as in `find_key`."""
    _outside(path, study)
    if path.exists():
        return Key(_read(path), path)
    secret = secrets.token_bytes(32)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(base64.urlsafe_b64encode(secret).decode() + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        raise VaultProblem(
            f"no key can be written to {path}: check that its folder is there and may be written"
        ) from None
    return Key(secret, path, made=True)


class Vault:
    """Encrypted crosswalks in `folder`. Files of different clients are independent: parallel workers need no lock."""

    def __init__(self, folder: Path, key: Key) -> None:
        self.folder = folder
        derived = HKDF(algorithm=SHA256(), length=96, salt=None, info=b"alliance vault 1").derive(key.secret)
        self._cipher = AESGCM(derived[:32])
        self._names, self._dates = derived[32:64], derived[64:]
        self._surrogates = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"alliance surrogates 1").derive(
            key.secret
        )

    def __repr__(self) -> str:
        return f"Vault({self.folder})"

    def load(self, client_id: str) -> bytes | None:
        """The crosswalk of a client, None where there is none. VaultProblem on a wrong key or a damaged file."""
        path = self.path_of(client_id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self.check_key()
            return None
        except OSError:
            raise VaultProblem(f"{path} cannot be read: check the permissions of the vault folder") from None
        return self.read_file(path, data, client_id.encode())

    def save(self, client_id: str, data: bytes) -> bool:
        """Write a client's crosswalk, at once or not at all. False where it already holds these bytes (nothing is
        written)."""
        if self.load(client_id) == data:
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        check = self.folder / "key.check"
        if not check.exists():
            self.write_file(check, b"key.check", b"this vault and this key belong together")
        self.write_file(self.path_of(client_id), client_id.encode(), data)
        return True

    def forget(self, client_id: str) -> bool:
        """Remove a client's crosswalk for good (consent withdrawn). False where there was none."""
        try:
            self.path_of(client_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def date_offset_days(self, client_id: str) -> int:
        """Days by which this client's dates move: whole weeks, so weekdays survive; 1 to 26 weeks back or forth,
        never 0."""
        digest = hmac.new(self._dates, client_id.encode(), hashlib.sha256).digest()
        step = int.from_bytes(digest[:8]) % (2 * _WEEKS)
        return 7 * (step - _WEEKS if step < _WEEKS else step - _WEEKS + 1)

    def surrogate_key(self, client_id: str) -> bytes:
        """The secret with which this client's surrogates are chosen: 32 bytes."""
        return hmac.new(self._surrogates, client_id.encode(), hashlib.sha256).digest()

    # -- files

    def path_of(self, client_id: str) -> Path:
        return self.folder / f"{hmac.new(self._names, client_id.encode(), hashlib.sha256).hexdigest()[:32]}.vault"

    def read_file(self, path: Path, data: bytes, owner: bytes) -> bytes:
        nonce, body = data[len(_MAGIC) : len(_MAGIC) + _NONCE], data[len(_MAGIC) + _NONCE :]
        try:
            if not data.startswith(_MAGIC) or len(nonce) < _NONCE:
                raise InvalidTag
            return self._cipher.decrypt(nonce, body, owner)
        except InvalidTag:
            raise VaultProblem(
                f"{path} does not open: the key is not the one it was written with, or the file is damaged. "
                f"Set {VARIABLE} (or the key file) to the key of this study, or restore the vault from a backup"
            ) from None

    def check_key(self) -> None:
        """A wrong key gives other file names, so a missing file must not pass for a new client."""
        check = self.folder / "key.check"
        if check.exists():
            self.read_file(check, check.read_bytes(), b"key.check")

    def write_file(self, path: Path, owner: bytes, data: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                out.write(_MAGIC + nonce + self._cipher.encrypt(nonce, data, owner))
                out.flush()
                os.fsync(out.fileno())
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise VaultProblem(f"{path} cannot be written: check space and permissions of the vault folder") from None


def _decode(text: str, where: str) -> bytes:
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise VaultProblem(f"{where} holds no vault key: it must be 32 bytes as base64 (44 characters)")
    return secret


def _read(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise VaultProblem(f"the key file {path} cannot be read: check its path and permissions") from None
    return _decode(text, f"the key file {path}")


def _outside(path: Path, study: Path) -> None:
    if path.resolve().is_relative_to(study.resolve()):
        raise VaultProblem(
            f"the vault key {path} lies inside the study folder: move it elsewhere, "
            "key and vault must not travel together"
        )

"""The vault: what is in it, who can open it, what happens when it breaks."""

from __future__ import annotations

import base64
import os
import stat

import pytest

from pipeline.errors import VaultProblem
from pipeline.vault import VARIABLE, Key, Vault, find_key

KEY = Key(bytes(range(32)))
TEXT = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "vault", KEY)


def test_what_is_saved_is_loaded_and_unreadable_in_between(vault):
    assert vault.load("c1") is None
    assert vault.save("c1", b"Tariq is NAME_1")
    assert vault.load("c1") == b"Tariq is NAME_1"
    for path in vault.folder.iterdir():
        assert b"Tariq" not in path.read_bytes()
        assert "c1" not in path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_unchanged_is_not_written(vault):
    vault.save("c1", b"x")
    before = {p: p.read_bytes() for p in vault.folder.iterdir()}
    assert vault.save("c1", b"x") is False
    assert {p: p.read_bytes() for p in vault.folder.iterdir()} == before


def test_forget_leaves_nothing(vault):
    vault.save("c1", b"x")
    vault.save("c2", b"y")
    assert vault.forget("c1")
    assert vault.load("c1") is None
    assert vault.load("c2") == b"y"
    assert vault.forget("c1") is False


def test_a_wrong_key_is_said_and_never_taken_for_an_empty_vault(vault):
    vault.save("c1", b"x")
    other = Vault(vault.folder, Key(b"k" * 32))
    for call in (lambda: other.load("c1"), lambda: other.load("new"), lambda: other.save("c1", b"y")):
        with pytest.raises(VaultProblem, match="key is not the one"):
            call()


@pytest.mark.parametrize(
    "harm",
    [
        lambda b: b[:-1],
        lambda b: b[:-1] + bytes([b[-1] ^ 1]),
        lambda b: b"",
        lambda b: b"XXXX" + b[4:],
        lambda b: b[:8],
    ],
)
def test_a_damaged_file_is_said(vault, harm):
    vault.save("c1", b"x")
    path = next(p for p in vault.folder.glob("*.vault"))
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(VaultProblem, match="damaged"):
        vault.load("c1")


def test_one_clients_file_is_no_other_clients(vault):
    vault.save("c1", b"x")
    vault.save("c2", b"y")
    one, two = sorted(vault.folder.glob("*.vault"))
    two.write_bytes(one.read_bytes())
    opened = 0
    for client in ("c1", "c2"):
        try:
            vault.load(client)
            opened += 1
        except VaultProblem:
            pass
    assert opened == 1


def test_dates_move_by_whole_weeks_never_by_none_and_by_client(vault):
    moved = [vault.date_offset_days(f"c{i}") for i in range(300)]
    assert all(d % 7 == 0 and 0 < abs(d) <= 182 for d in moved)
    assert len(set(moved)) > 40
    assert vault.date_offset_days("c7") == Vault(vault.folder, KEY).date_offset_days("c7")
    assert moved != [Vault(vault.folder, Key(b"k" * 32)).date_offset_days(f"c{i}") for i in range(300)]


# -- the key


def test_key_from_the_environment(tmp_path):
    assert find_key(tmp_path, key_file=None, environ={VARIABLE: TEXT}) == KEY


def test_key_from_a_file(tmp_path):
    file = tmp_path / "k"
    file.write_text(TEXT + "\n")
    study = tmp_path / "study"
    study.mkdir()
    assert find_key(study, key_file=file, environ={}).secret == KEY.secret


def test_key_is_made_once_for_the_user_and_named(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    made = find_key(study, key_file=None, environ=environ)
    assert made.made
    assert made.file == tmp_path / "config" / "alliance" / "vault.key"
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    again = find_key(study, key_file=None, environ=environ)
    assert again.secret == made.secret
    assert not again.made


@pytest.mark.parametrize("where", ["key", "vault/key"])
def test_key_inside_the_study_is_refused(tmp_path, where):
    path = tmp_path / where
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT)
    with pytest.raises(VaultProblem, match="inside the study"):
        find_key(tmp_path, key_file=path, environ={})
    with pytest.raises(VaultProblem, match="inside the study"):
        find_key(tmp_path, key_file=None, environ={"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_link_into_the_study_is_seen_through(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "key").write_text(TEXT)
    os.symlink(study / "key", tmp_path / "link")
    with pytest.raises(VaultProblem, match="inside the study"):
        find_key(study, key_file=tmp_path / "link", environ={})


@pytest.mark.parametrize("text", ["short", "ü" * 44, base64.urlsafe_b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_refused_without_being_shown(tmp_path, text):
    with pytest.raises(VaultProblem) as caught:
        find_key(tmp_path, key_file=None, environ={VARIABLE: text})
    assert text not in str(caught.value)


def test_a_key_file_that_is_missing(tmp_path):
    with pytest.raises(VaultProblem, match="cannot be read"):
        find_key(tmp_path / "study", key_file=tmp_path / "none", environ={})


def test_repr_hides_the_key():
    assert "secret" not in repr(KEY)
    assert "\\x" not in repr(KEY)

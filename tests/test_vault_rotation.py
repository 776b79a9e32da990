"""A new key for the vault: nothing lost, nothing left that the old key opens, whatever stops it halfway."""

from __future__ import annotations

import os

import pytest

from pipeline import vault_rotation
from pipeline.errors import VaultProblem
from pipeline.vault import Key, Vault, new_key
from pipeline.vault_rotation import rotate

OLD, NEW = Key(b"o" * 32), Key(b"n" * 32)
CLIENTS = [f"c{i}" for i in range(5)]


@pytest.fixture
def folder(tmp_path):
    vault = Vault(tmp_path / "vault", OLD)
    for client in CLIENTS:
        vault.save(client, f"crosswalk of {client}".encode())
    return vault.folder


def holds(folder, key) -> bool:
    return all(Vault(folder, key).load(c) == f"crosswalk of {c}".encode() for c in CLIENTS)


def test_all_is_there_with_the_new_key_and_nothing_with_the_old(folder):
    done = rotate(folder, OLD, NEW, client_ids=[*CLIENTS, "never seen"])
    assert (done.clients, done.removed) == (5, 5)
    assert holds(folder, NEW)
    assert len(list(folder.glob("*.vault"))) == 5
    with pytest.raises(VaultProblem, match="not the one"):
        Vault(folder, OLD).load("c1")


def test_twice_is_as_once(folder):
    rotate(folder, OLD, NEW, client_ids=CLIENTS)
    before = {p: p.read_bytes() for p in folder.iterdir()}
    assert rotate(folder, OLD, NEW, client_ids=CLIENTS).removed == 0
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_a_file_of_an_unknown_client_stops_it_before_anything_changes(folder):
    before = {p: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(VaultProblem, match="1 files"):
        rotate(folder, OLD, NEW, client_ids=CLIENTS[:-1])
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_a_wrong_old_key_stops_it(folder):
    with pytest.raises(VaultProblem, match="not the one"):
        rotate(folder, Key(b"x" * 32), NEW, client_ids=CLIENTS)
    assert holds(folder, OLD)


def test_the_same_key_and_no_vault_are_refused(folder, tmp_path):
    with pytest.raises(VaultProblem, match="the old one"):
        rotate(folder, OLD, OLD, client_ids=CLIENTS)
    with pytest.raises(VaultProblem, match="no vault"):
        rotate(tmp_path / "none", OLD, NEW, client_ids=CLIENTS)


@pytest.mark.parametrize("step", range(1, 13))
def test_stopped_anywhere_one_key_opens_everything_and_a_second_try_ends_well(folder, monkeypatch, step):
    """Each write and each removal is one step; the machine dies at one of them."""
    left = [step]

    class Died(BaseException):
        pass

    def counting(real):
        def act(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                raise Died
            return real(*args, **kwargs)

        return act

    with monkeypatch.context() as patch:
        patch.setattr(vault_rotation.Vault, "write_file", counting(Vault.write_file))
        patch.setattr(vault_rotation.Path, "unlink", counting(vault_rotation.Path.unlink))
        died = False
        try:
            rotate(folder, OLD, NEW, client_ids=CLIENTS)
        except Died:
            died = True
    assert died == (step <= 11)
    new_counts = vault_rotation._opens(Vault(folder, NEW))
    assert holds(folder, NEW if new_counts else OLD)
    rotate(folder, OLD, NEW, client_ids=CLIENTS)
    assert holds(folder, NEW)
    assert len(list(folder.glob("*.vault"))) == 5


def test_a_new_key_is_made_for_its_owner_only_and_outside_the_study(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    made = new_key(tmp_path / "new.key", study=study)
    assert made.made
    assert os.stat(tmp_path / "new.key").st_mode & 0o077 == 0
    assert new_key(tmp_path / "new.key", study=study).secret == made.secret
    with pytest.raises(VaultProblem, match="inside the study"):
        new_key(study / "k", study=study)
    with pytest.raises(VaultProblem, match="can be written"):
        new_key(tmp_path / "no" / "such" / "k", study=study)


def test_the_secret_of_surrogates_hangs_on_key_and_client(tmp_path):
    a, b = Vault(tmp_path, OLD), Vault(tmp_path, NEW)
    assert len({a.surrogate_key("c1"), a.surrogate_key("c2"), b.surrogate_key("c1")}) == 3
    assert a.surrogate_key("c1") == Vault(tmp_path, OLD).surrogate_key("c1")

"""What comes in on different nights: a name met later is swept back, and a broken row moves and removes nothing."""

from __future__ import annotations

import pytest

from flows.batch import code_entries
from flows.code_sessions import held_back, with_their_other_sessions
from flows.gate import pass_consent_gate, remove_what_may_not_stay
from flows.outcome import keep
from pipeline.lexicon import read_lexicon
from pipeline.store import open_store
from pipeline.study import read_study
from pipeline.vault import Key, Vault
from tests.conftest import CHECKOUT

HEAD = "session_id,client_id,therapist_id,session_no,date,status,transcript\n"
FIRST = "s1,c1,t1,1,2026-03-02,held,s1.txt\n"
SECOND = "s2,c1,t1,2,2026-03-09,held,s2.txt\n"
TALK = "T: How was the week?\nC: It was long and I was tired for most of it.\n" * 6


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "s1.txt").write_text(TALK + "T: Who was there?\nC: My mother came, and Sky came too.\n")
    (tmp_path / "inbox" / "s2.txt").write_text(TALK + "T: Who rang?\nC: Her friend is called Sky.\n")
    (tmp_path / "consent.csv").write_text("client_id,purpose,status,signed_on\nc1,research,granted,2026-01-05\n")
    return tmp_path


def night(folder, rows, store, models):
    (folder / "sessions.csv").write_text(HEAD + rows)
    study = read_study(folder)
    vault = Vault(folder / "vault", Key(b"k" * 32))
    from datetime import date

    admitted, _ = pass_consent_gate(study, today=date(2026, 6, 1))
    removed = remove_what_may_not_stay(study, admitted, store, vault)
    same = (set(store.fingerprints()) & {e.session_id for e in admitted}) | held_back(study, admitted, store)
    pending = with_their_other_sessions(admitted, same)
    lexicon = read_lexicon(CHECKOUT / "lexicons")
    results = code_entries(study, pending, vault=vault, lexicon=lexicon, models=models) if pending else []
    prints = {e.session_id: e.session_id for e in admitted}
    hashes = {"meaning": "m" * 12}
    written = [
        r.session_id for r in results if keep(store, r, prints, same, run_id="r", lexicon=lexicon, hashes=hashes)
    ]
    return removed, written


def text_of(store, session_id):
    return " ".join(r["text"] for r in store.rows("SELECT text FROM turns WHERE session_id = ?", [session_id]))


def test_a_name_met_on_a_later_night_is_swept_back(folder, models):
    with open_store(folder / "store" / "study.duckdb") as store:
        assert night(folder, FIRST, store, models) == (0, ["s1"])
        removed, written = night(folder, FIRST + SECOND, store, models)
        assert removed == 0
        assert "Sky" not in text_of(store, "s1") + text_of(store, "s2")
        assert "s2" in written
        assert night(folder, FIRST + SECOND, store, models) == (0, [])


def test_a_row_that_cannot_be_read_moves_and_removes_nothing(folder, models):
    with open_store(folder / "store" / "study.duckdb") as store:
        night(folder, FIRST + SECOND, store, models)
        before = store.rows("SELECT session_id, day FROM sessions ORDER BY ALL")
        assert night(folder, FIRST.replace("2026-03-02", "02.03.2026") + SECOND, store, models) == (0, [])
        assert store.rows("SELECT session_id, day FROM sessions ORDER BY ALL") == before

"""The nightly run: consented transcripts in, de-identified and coded sessions out, next to alliance scores.

Parameters and states hold ids and paths only. Raw words live inside `code_batch`, which returns safe records; no
result is persisted and nothing is cached, since both would write what was said to disk.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

import pipeline
from flows.batch import code_entries
from flows.fingerprint import fingerprint, settings_hash
from flows.gate import pass_consent_gate, remove_what_may_not_stay
from flows.ledger import Result
from flows.outcome import broken_row, keep, measure_keys, refused_before, score, write_quarantine
from flows.progress import progress
from pipeline.contracts import check_run
from pipeline.identifiers_fairness import read_fairness
from pipeline.judge import Judge
from pipeline.judge_file import read_judge
from pipeline.language import Models, load_models, model_hashes
from pipeline.lexicon import Lexicon, read_lexicon
from pipeline.report import write_report
from pipeline.report_data import collect
from pipeline.store import Store, open_store
from pipeline.study import SessionEntry, Study, read_study
from pipeline.vault import Vault, find_key

SESSIONS_A_BATCH = 4  # a task run costs up to 0.3 s and a session 3 to 10 s: overhead stays under 5 %


@flow(name="code-sessions", persist_result=False, retries=0)
def code_sessions(study_dir: str, key_file: str | None = None) -> dict[str, int]:
    """Run a study folder through every stage. Returns counts; the research database is store/study.duckdb.

    Re-running is a no-op for sessions whose transcript, row, roster, settings, codebook, models and code are
    unchanged. A session that cannot be used is quarantined with a reason, and the others run on.
    """
    study = read_study(Path(study_dir))
    lexicon = read_lexicon(study.settings.lexicons)
    key = find_key(study.folder, key_file=Path(key_file) if key_file else None, environ=os.environ)
    vault = Vault(study.folder / "vault", key)
    vault.check_key()
    measures = measure_keys(study)
    hashes = model_hashes(study.settings.entities_model, study.settings.meaning_model)
    if judge := judge_of(study.settings.lexicons):
        hashes["judge"] = judge.version
    started = datetime.now(UTC)
    run_id = started.strftime("run-%Y%m%dT%H%M%S%fZ")
    published = study.folder / "store" / "published.duckdb"

    admitted, refused = pass_consent_gate(study, today=started.date())
    with open_store(study.store_path) as store:
        store.start_run(
            run_id,
            started=started,
            code_version=pipeline.__version__,
            lexicon_hash=lexicon.hash,
            model_hashes=hashes,
            settings_hash=settings_hash(study.settings),
        )
        removed = remove_what_may_not_stay(study, admitted, store, vault)
        if removed:  # at once: whatever happens later, the copy must not keep what had to go
            store.publish(published)
        prints = {
            e.session_id: fingerprint(study, e, secret=key.secret, made_by=[lexicon.hash, *sorted(hashes.values())])
            for e in admitted
        }
        known = store.fingerprints()
        same = {e.session_id for e in admitted if known.get(e.session_id) == prints[e.session_id]}
        same |= held_back(study, admitted, store)
        pending = with_their_other_sessions(admitted, same)
        still_refused = refused_before(store, same - {e.session_id for e in pending})

        results: list[Result] = []
        written = 0
        with progress(len(pending), "coding sessions") as advance:
            for batch in run_batches(study, pending, key_file):
                for result in batch:
                    written += keep(store, result, prints, same, run_id=run_id, lexicon=lexicon, hashes=hashes)
                results += batch
                advance(len(batch))
        refused += [*still_refused, *(r.refused for r in results if r.refused)]
        refused += [broken_row(p) for p in study.problems if p.session_id]

        store.write_codes(lexicon.codes)
        store.write_refusals(refused, run_id=run_id)
        unusable, scored = score(study, admitted, store, measures)
        problems = [*study.problems, *unusable]
        counts = {
            "sessions": len(study.sessions) + sum(p.session_id is not None for p in study.problems),
            "refused": sum(r.stage == "consent" for r in refused),
            "quarantined": sum(r.stage == "quarantine" for r in refused),
            "written": written,
            "unchanged": len({e.session_id for e in admitted} - {r.session_id for r in refused}) - written,
            "removed": removed,
            "problems": len(problems),
        }
        store.finish_run(run_id, finished=datetime.now(UTC), counts=counts)
        store.publish(published)
        [run] = store.rows("SELECT * FROM runs WHERE run_id = ?", [run_id])
        checked = [*(c for r in results for c in r.contracts), *scored, check_run(run)]
        page = collect(store.rows, run_id, study_id=study.settings.id, contracts=checked, problems=map(str, problems))
        write_report(page, read_fairness(), study.folder / "reports" / run_id)
    write_quarantine(study, refused)
    return counts


def with_their_other_sessions(admitted: Sequence[SessionEntry], same: set[str]) -> list[SessionEntry]:
    """New and changed sessions, and the others of those clients: a name met tonight may stand in an older session.

    The others are de-identified again with what is known now, and written only if that changes their words.
    """
    clients = {e.client_id for e in admitted if e.session_id not in same}
    return [e for e in admitted if e.client_id in clients]


def held_back(study: Study, admitted: Sequence[SessionEntry], store: Store) -> set[str]:
    """Stored sessions of a client one of whose rows cannot be read: their day and place would shift; they wait."""
    stored = {r["session_id"]: r["client_id"] for r in store.rows("SELECT session_id, client_id FROM sessions")}
    clients = {stored[p.session_id] for p in study.problems if p.session_id in stored}
    return {e.session_id for e in admitted if e.session_id in stored and e.client_id in clients}


# ---- the work


def run_batches(study: Study, pending: Sequence[SessionEntry], key_file: str | None) -> Iterator[list[Result]]:
    """Code the pending sessions on all cores, whole clients together, and yield each batch as it comes in."""
    batches = make_batches(pending)
    if not batches:
        return
    workers = min(len(os.sched_getaffinity(0)), len(batches))
    runner = ProcessPoolTaskRunner(max_workers=workers) if workers > 1 else ThreadPoolTaskRunner(max_workers=1)
    with runner:
        futures: list[PrefectFuture[list[Result]]] = [
            runner.submit(code_batch, {"study_dir": str(study.folder), "session_ids": ids, "key_file": key_file})
            for ids in batches
        ]
        for future in as_completed(futures):
            yield future.result()


def make_batches(pending: Sequence[SessionEntry]) -> list[list[str]]:
    """Session ids in batches of about SESSIONS_A_BATCH; a client's sessions stay together and in order."""
    clients: dict[str, list[SessionEntry]] = {}
    for entry in sorted(pending, key=lambda e: (e.client_id, e.date, e.session_no)):
        clients.setdefault(entry.client_id, []).append(entry)
    batches: list[list[str]] = []
    open_batch: list[str] = []
    for entries in sorted(clients.values(), key=len, reverse=True):
        open_batch += [e.session_id for e in entries]
        if len(open_batch) >= SESSIONS_A_BATCH:
            batches.append(open_batch)
            open_batch = []
    return [*batches, open_batch] if open_batch else batches


@task(name="code-batch", persist_result=False, cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[2, 20])
def code_batch(study_dir: str, session_ids: list[str], key_file: str | None) -> list[Result]:
    """De-identify and code a batch of whole clients. Retried where a file or a disk failed, never for a bad session."""
    study = read_study(Path(study_dir))
    lexicon, models, judge = tools(study)
    key = find_key(study.folder, key_file=Path(key_file) if key_file else None, environ=os.environ)
    vault = Vault(study.folder / "vault", key)
    wanted = {s.session_id: s for s in study.sessions if s.session_id in set(session_ids)}
    entries = [wanted[i] for i in session_ids]
    return code_entries(study, entries, vault=vault, lexicon=lexicon, models=models, judge=judge)


def tools(study: Study) -> tuple[Lexicon, Models, Judge | None]:
    return _tools(study.settings.lexicons, study.settings.entities_model, study.settings.meaning_model)


@lru_cache(maxsize=1)
def _tools(lexicons: Path, entities: str | None, meaning: str | None) -> tuple[Lexicon, Models, Judge | None]:
    """Codebook, models and trained judge, loaded once a process. A worker ends with the run that started it."""
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    return read_lexicon(lexicons), load_models(entities=entities, meaning=meaning), judge_of(lexicons)


def _end_with(parent: Any) -> None:
    parent.join()  # returns when the run is gone, killed or not; what this process holds must not outlive it
    os._exit(1)


def judge_of(lexicons: Path) -> Judge | None:
    """The trained judge that comes with a codebook; without its file the cues and measures stand alone."""
    file = lexicons / "model" / "judge.json"
    return read_judge(file) if file.exists() else None

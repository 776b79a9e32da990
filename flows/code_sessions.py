"""The nightly run: consented transcripts in, de-identified and coded sessions out, next to alliance scores.

Parameters and states hold ids and paths only. Raw words live inside `code_batch`, which returns safe records; no
result is persisted and nothing is cached, since both would write what was said to disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

import pipeline
from flows.batch import code_entries
from flows.fingerprint import fingerprint, settings_hash
from flows.ledger import Refused, Result
from flows.progress import progress
from pipeline.alliance import parse_row, score_alliance
from pipeline.alliance_keys import keys_from, read_keys
from pipeline.consent import check_consented, withdrawn_clients
from pipeline.contracts import ContractResult, check_run, check_scores
from pipeline.errors import ConsentRefused, Reason, StudyProblem
from pipeline.judge import Judge, read_judge
from pipeline.language import Models, load_models, model_hashes
from pipeline.lexicon import Lexicon, read_lexicon
from pipeline.report import write_report
from pipeline.report_data import collect
from pipeline.store import Store, open_store
from pipeline.study import Problem, SessionEntry, Study, read_study
from pipeline.vault import Vault, find_key

WORTH_ANOTHER_TRY = {Reason.INTERNAL, Reason.EXTRA_NOT_INSTALLED, Reason.MISSING_FILE}  # may pass with the same input
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
    hashes = model_hashes(study.settings.entities_model, study.settings.meaning_model)
    if judge := judge_of(study.settings.lexicons):
        hashes["judge"] = judge.version
    started = datetime.now(UTC)
    run_id = started.strftime("run-%Y%m%dT%H%M%S%fZ")

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
        prints = {
            e.session_id: fingerprint(study, e, secret=key.secret, made_by=[lexicon.hash, *sorted(hashes.values())])
            for e in admitted
        }
        known = store.fingerprints()
        same = {e.session_id for e in admitted if known.get(e.session_id) == prints[e.session_id]}
        still_refused = refused_before(store, same)
        pending = [e for e in admitted if e.session_id not in same]

        results: list[Result] = []
        with progress(len(pending), "coding sessions") as advance:
            for batch in run_batches(study, pending, key_file):
                for result in batch:
                    keep(store, result, prints, run_id=run_id, lexicon=lexicon, hashes=hashes)
                results += batch
                advance(len(batch))
        refused += [*still_refused, *(r.refused for r in results if r.refused)]
        refused += [broken_row(p) for p in study.problems if p.session_id]

        store.write_codes(lexicon.codes)
        store.write_refusals(refused, run_id=run_id)
        problems, scored = score(study, admitted, store)
        counts = {
            "sessions": len(study.sessions) + sum(p.session_id is not None for p in study.problems),
            "refused": sum(r.stage == "consent" for r in refused),
            "quarantined": sum(r.stage == "quarantine" for r in refused),
            "written": sum(r.coded is not None for r in results),
            "unchanged": len(same) - len(still_refused),
            "removed": removed,
            "problems": len(study.problems) + len(problems),
        }
        store.finish_run(run_id, finished=datetime.now(UTC), counts=counts)
        store.publish(study.folder / "store" / "published.duckdb")
        [run] = store.rows("SELECT * FROM runs WHERE run_id = ?", [run_id])
        checked = [*(c for r in results for c in r.contracts), scored, check_run(run)]
        page = collect(store.rows, run_id, study_id=study.settings.id, contracts=checked, problems=map(str, problems))
        write_report(page, study.folder / "reports" / run_id)
    write_quarantine(study, refused)
    return counts


# ---- the gate


def pass_consent_gate(study: Study, *, today: date) -> tuple[list[SessionEntry], list[Refused]]:
    """Sort sessions into those that may be opened and those that may not, with the reason."""
    admitted, refused = [], []
    for entry in study.sessions:
        try:
            check_consented(entry, study.consents, purpose=study.settings.purpose, today=today)
            admitted.append(entry)
        except ConsentRefused as e:
            refused.append(Refused(entry.session_id, "consent", e.reason, e.advice))
    return admitted, refused


def remove_what_may_not_stay(study: Study, admitted: Sequence[SessionEntry], store: Store, vault: Vault) -> int:
    """Withdrawal removes every trace; a session that lost its consent or its row leaves the database."""
    stored = {r["session_id"]: r["client_id"] for r in store.rows("SELECT session_id, client_id FROM sessions")}
    withdrawn = withdrawn_clients(study.consents, purpose=study.settings.purpose)
    removed = 0
    for client in sorted(withdrawn):
        listed = [s.session_id for s in study.of_client(client)]
        if client in stored.values() or vault.load(client) is not None:
            removed += len(set(store.forget_client(client, session_ids=listed)) & set(stored))
            vault.forget(client)
    for session_id in sorted(set(stored) - {e.session_id for e in admitted}):
        if stored[session_id] not in withdrawn:
            store.remove_session(session_id)
            removed += 1
    return removed


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
    """Codebook, models and trained judge, loaded once a process."""
    return read_lexicon(lexicons), load_models(entities=entities, meaning=meaning), judge_of(lexicons)


def judge_of(lexicons: Path) -> Judge | None:
    """The trained judge that comes with a codebook; without its file the cues and measures stand alone."""
    file = lexicons / "model" / "judge.json"
    return read_judge(file) if file.exists() else None


# ---- the outcome


def keep(
    store: Store, result: Result, prints: dict[str, str], *, run_id: str, lexicon: Lexicon, hashes: dict[str, str]
) -> None:
    """Write a coded session in one transaction. A session that became risky leaves; other refusals keep old rows."""
    if result.coded:
        store.write_session(
            result.coded.session,
            result.coded.tags,
            result.coded.episodes,
            run_id=run_id,
            lexicon_version=lexicon.version,
            model_version=hashes.get("judge", hashes["meaning"])[:12],
            fingerprint=prints[result.session_id],
        )
    elif result.refused and result.refused.reason not in WORTH_ANOTHER_TRY:
        if result.refused.reason is Reason.RESIDUAL_RISK:
            store.remove_session(result.session_id)
        store.write_fingerprint(result.session_id, prints[result.session_id])


def score(study: Study, admitted: Sequence[SessionEntry], store: Store) -> tuple[list[Problem], ContractResult]:
    """Score alliance.csv for the sessions of consenting clients; return what is wrong with its rows.

    Scores that break the contract as a whole are not written: the ones there stay.
    """
    keys = {**read_keys(), **keys_from(study.settings.measures, where="study.toml")}
    client_of = {e.session_id: e.client_id for e in admitted}
    rows, problems = [], []
    for row_no, cells in study.alliance_rows:
        try:
            row = parse_row(row_no, cells)
        except StudyProblem as e:
            problems.append(Problem("alliance.csv", row_no, str(e)))
            continue
        if client_of.get(row.session_id) == row.client_id:
            rows.append(row)
    scores, wrong = score_alliance(rows, keys)
    checked = check_scores(scores, client_of=client_of)
    if checked.success:
        store.write_scores(scores)
    return problems + [Problem("alliance.csv", p.row, p.message) for p in wrong], checked


def refused_before(store: Store, session_ids: set[str]) -> list[Refused]:
    """Sessions that were quarantined before and whose input has not changed since: no need to try them again."""
    rows = store.rows("SELECT * FROM refusals WHERE stage = 'quarantine'")
    return [
        Refused(r["session_id"], r["stage"], Reason(r["reason"]), r["advice"])
        for r in rows
        if r["session_id"] in session_ids
    ]


def broken_row(problem: Problem) -> Refused:
    assert problem.session_id is not None
    return Refused(problem.session_id, "quarantine", Reason.MALFORMED, str(problem))


def write_quarantine(study: Study, refused: Sequence[Refused]) -> None:
    """One csv of what was refused and why, for the lab manager: ids and reasons, never words."""
    folder = study.folder / "quarantine"
    folder.mkdir(exist_ok=True)
    lines = ["session_id,stage,reason,what_to_do"]
    for r in sorted(refused, key=lambda r: r.session_id):
        lines.append(f'{r.session_id},{r.stage},{r.reason.value},"{r.advice.replace(chr(34), chr(39))}"')
    (folder / "quarantine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

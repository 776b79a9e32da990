"""What a run leaves behind: sessions in the store, scores, and a list of what was refused and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from flows.ledger import Refused, Result
from pipeline.alliance import parse_row, score_alliance
from pipeline.alliance_keys import MeasureKey, keys_from, read_keys
from pipeline.alliance_ruptures import score_ruptures
from pipeline.contracts import ContractResult, check_score_ruptures, check_scores
from pipeline.errors import Reason, StudyProblem
from pipeline.lexicon import Lexicon
from pipeline.method import Coded
from pipeline.store import Store
from pipeline.study import Problem, SessionEntry, Study

# these may pass with the same input, once the program or the machine is mended
WORTH_ANOTHER_TRY = {Reason.INTERNAL, Reason.EXTRA_NOT_INSTALLED, Reason.MISSING_FILE}


def keep(
    store: Store,
    result: Result,
    prints: Mapping[str, str],
    same: Set[str],
    *,
    run_id: str,
    lexicon: Lexicon,
    hashes: Mapping[str, str],
) -> bool:
    """Write a coded session in one transaction, and say whether it was written.

    A session of the `same` input whose words came out as they are stored is left alone. A session that became risky
    leaves; other refusals keep old rows.
    """
    if result.coded:
        if result.session_id in same and _stored_words(store, result.session_id) == _words(result.coded):
            return False
        store.write_session(
            result.coded.session,
            result.coded.tags,
            result.coded.episodes,
            run_id=run_id,
            lexicon_version=lexicon.version,
            model_version=hashes.get("judge", hashes["meaning"])[:12],
            fingerprint=prints[result.session_id],
        )
        return True
    if result.refused and result.refused.reason not in WORTH_ANOTHER_TRY:
        if result.refused.reason is Reason.RESIDUAL_RISK:
            store.remove_session(result.session_id)
        store.write_fingerprint(result.session_id, prints[result.session_id])
    return False


def _words(coded: Coded) -> list[str]:
    return [t.text for t in coded.session.turns]


def _stored_words(store: Store, session_id: str) -> list[str]:
    return [r["text"] for r in store.rows("SELECT text FROM turns WHERE session_id = ? ORDER BY turn_no", [session_id])]


def measure_keys(study: Study) -> dict[str, MeasureKey]:
    """Scoring keys, built in and the study's own. Raises StudyProblem naming the measure."""
    return {**read_keys(), **keys_from(study.settings.measures, where="study.toml")}


def score(
    study: Study, admitted: Sequence[SessionEntry], store: Store, keys: Mapping[str, MeasureKey]
) -> tuple[list[Problem], tuple[ContractResult, ...]]:
    """Score alliance.csv for the sessions of consenting clients; return what is wrong with its rows.

    Scores that break a contract as a whole are not written, nor what was found in them: the ones there stay.
    """
    client_of = {e.session_id: e.client_id for e in admitted}
    rows, problems = [], []
    for row_no, cells in study.alliance_rows:
        try:
            row = parse_row(row_no, cells)
        except StudyProblem as e:
            problems.append(Problem("alliance.csv", row_no, str(e).removeprefix(f"alliance.csv row {row_no}, ")))
            continue
        if client_of.get(row.session_id) == row.client_id:
            rows.append(row)
    scores, wrong = score_alliance(rows, keys)
    session_no = {e.session_id: e.session_no for e in admitted}
    ruptures = score_ruptures(scores, session_no)
    checked = (
        check_scores(scores, client_of=client_of),
        check_score_ruptures(ruptures, scores=scores, client_of=client_of, session_no=session_no),
    )
    if all(c.success for c in checked):
        store.write_scores(scores)
        store.write_score_ruptures(ruptures)
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

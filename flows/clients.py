"""From the transcripts of one client to safe coded records: the only place where raw words are held.

Plain Python, run inside one Prefect task a batch of clients. What it returns is safe: `Coded` records, and refusals
that carry ids, reasons and our own words. Nothing that was spoken leaves through an exception.
"""

from __future__ import annotations

import hashlib
import hmac
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pipeline
from pipeline.contracts import ContractResult, check_admitted, check_coded, check_safe
from pipeline.errors import AllianceError, Quarantined, Reason
from pipeline.ingest import read_transcript
from pipeline.language import Models
from pipeline.lexicon import Lexicon
from pipeline.method import Coded, code_session, describe_session, make_safe, usual_lateness
from pipeline.pseudonyms import Crosswalk
from pipeline.session import RawSession, RawTurn, Speaker
from pipeline.study import SessionEntry, Study
from pipeline.vault import Vault

GENERIC_LABELS: Mapping[str, Speaker] = {
    "t": Speaker.THERAPIST, "therapist": Speaker.THERAPIST, "counsellor": Speaker.THERAPIST,
    "counselor": Speaker.THERAPIST, "th": Speaker.THERAPIST, "clinician": Speaker.THERAPIST,
    "c": Speaker.CLIENT, "client": Speaker.CLIENT, "patient": Speaker.CLIENT, "p": Speaker.CLIENT,
    "pt": Speaker.CLIENT, "cl": Speaker.CLIENT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """A session that is not in the database, and why."""

    session_id: str
    stage: str  # consent | quarantine
    reason: Reason
    advice: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one session. Exactly one of `coded` and `refused` is set."""

    session_id: str
    coded: Coded | None = None
    refused: Refused | None = None
    residual_risk: float | None = None
    identifiers: Mapping[str, int] = field(default_factory=dict)
    contracts: tuple[ContractResult, ...] = ()


def fingerprint(study: Study, entry: SessionEntry, *, secret: bytes, made_by: Sequence[str]) -> str:
    """What this session's rows depend on, as a keyed hash: the same fingerprint means there is nothing to do.

    Keyed, since a plain hash of a roster name could be guessed. `made_by` names lexicon, models and code.
    Raises OSError where the transcript cannot be read.
    """
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    facts = describe_session(entry, study.of_client(entry.client_id))
    known = sorted(f"{k.kind}|{k.role}|{k.value}" for k in study.roster if k.person_id in _people(entry))
    settings = study.settings
    for part in (
        repr((facts, entry.roles, usual_lateness(entry, study.of_client(entry.client_id)))),
        repr(known),
        repr((settings.style, settings.risk_limit, settings.episode_gap, settings.episode_window)),
        repr((settings.encoding, settings.columns)),
        repr((*made_by, pipeline.__version__)),
    ):
        digest.update(part.encode() + b"\0")
    if entry.transcript and (path := study.inbox / entry.transcript).is_file():
        with path.open("rb") as f:
            while chunk := f.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _people(entry: SessionEntry) -> tuple[str, str]:
    return entry.client_id, entry.therapist_id


def code_client(
    study: Study, entries: Sequence[SessionEntry], *, vault: Vault, lexicon: Lexicon, models: Models
) -> list[Result]:
    """Read, de-identify and code sessions of one client, in session order. One bad session stops only itself.

    Raises OSError (worth a retry) and VaultProblem; all else becomes a refusal of the session.
    """
    client_id = entries[0].client_id
    of_client = study.of_client(client_id)
    results: dict[str, Result] = {}
    raws: list[RawSession] = []
    admitted: dict[str, tuple[ContractResult, ...]] = {}
    for entry in entries:
        try:
            if entry.transcript is not None and entry.status == "held":
                raw = admit(study, entry)
                admitted[entry.session_id] = check_admitted(entry, raw)
                _stop_on_failure(entry.session_id, admitted[entry.session_id])
                raws.append(raw)
            else:
                results[entry.session_id] = _code(study, entry, of_client, (), lexicon, models, ())
        except Exception as e:
            results[entry.session_id] = refused(entry.session_id, e, admitted.get(entry.session_id, ()))
    if not raws:
        return [results[e.session_id] for e in entries]

    stored = vault.load(client_id)
    crosswalk = Crosswalk.from_bytes(stored) if stored else Crosswalk()
    people = set().union(*(_people(e) for e in entries))
    try:
        safe = make_safe(
            raws,
            known=[k for k in study.roster if k.person_id in people],
            detect=models.detect,
            crosswalk=crosswalk,
            date_offset_days=vault.date_offset_days(client_id),
            settings=study.settings,
        )
    except Exception as e:  # nothing of this client can be trusted to be safe
        for raw in raws:
            results[raw.session_id] = refused(raw.session_id, e, admitted[raw.session_id])
        return [results[e.session_id] for e in entries]
    vault.save(client_id, crosswalk.to_bytes())

    by_id = {e.session_id: e for e in entries}
    for raw, item in zip(raws, safe, strict=True):
        sid = raw.session_id
        try:
            if isinstance(item, Quarantined):
                raise item
            result = _code(study, by_id[sid], of_client, item.turns, lexicon, models, admitted[sid])
            results[sid] = Result(
                sid, result.coded, None, item.residual_risk, dict(item.counts), result.contracts
            )
        except Exception as e:
            results[sid] = refused(sid, e, getattr(e, "contracts", admitted[sid]))
    return [results[e.session_id] for e in entries]


class ContractFailed(Quarantined):
    """A data contract did not hold; carries the results for the run report."""

    contracts: tuple[ContractResult, ...] = ()


def _code(study, entry, of_client, turns, lexicon, models, contracts) -> Result:
    session = describe_session(entry, of_client, turns)
    contracts = (*contracts, *check_safe(session))
    _stop_on_failure(entry.session_id, contracts)
    coded = code_session(
        session,
        lexicon=lexicon,
        embed=models.embed,
        settings=study.settings,
        usual_minutes_late=usual_lateness(entry, of_client),
    )
    contracts = (*contracts, *check_coded(coded.session, coded.tags, coded.episodes))
    _stop_on_failure(entry.session_id, contracts)
    return Result(entry.session_id, coded=coded, contracts=contracts)


def _stop_on_failure(session_id: str, contracts: Sequence[ContractResult]) -> None:
    failed = [c for c in contracts if not c.success]
    if failed:
        what = "; ".join(f"{c.suite}: {', '.join(f[0] for f in c.failed)}" for c in failed)
        error = ContractFailed(session_id, Reason.CONTRACT_FAILED, f"{what}; see the run report for the rows")
        error.contracts = tuple(contracts)
        raise error


def admit(study: Study, entry: SessionEntry) -> RawSession:
    """Open a consented transcript and say who is who. Raises Quarantined; labels are counted, never named."""
    assert entry.transcript is not None
    turns = read_transcript(
        study.inbox / entry.transcript,
        session_id=entry.session_id,
        inbox=study.inbox,
        encoding=study.settings.encoding,
        columns=dict(study.settings.columns) or None,
    )
    labels = list(dict.fromkeys(t.speaker for t in turns))
    given = {label.casefold(): role for label, role in entry.roles}
    roles: list[tuple[str, Speaker]] = []
    for n, label in enumerate(labels, 1):
        role = given.get(label.casefold()) or GENERIC_LABELS.get(label.casefold().rstrip(":."))
        if role is None:
            raise Quarantined(
                entry.session_id,
                Reason.UNKNOWN_SPEAKER,
                f"speaker {n} of {len(labels)} (in order of appearance) has no role; "
                f"add speaker_map in sessions.csv, row {entry.row}, as  label=therapist;label=client",
            )
        roles.append((label, role))
    if len({role for _, role in roles}) < 2:
        raise Quarantined(
            entry.session_id,
            Reason.ONE_SPEAKER,
            "only the client or only the therapist speaks; check speaker_map and the transcript",
        )
    return RawSession(entry.session_id, turns, tuple(roles))




def refused(session_id: str, error: Exception, contracts: tuple[ContractResult, ...] = ()) -> Result:
    """Turn an error into a refusal. The text of an error that is not ours may quote a person: only its place is kept."""
    if isinstance(error, OSError):
        raise error
    if isinstance(error, Quarantined):
        what = Refused(session_id, "quarantine", error.reason, error.advice)
    elif isinstance(error, AllianceError):
        raise error
    else:
        frame = traceback.extract_tb(sys.exc_info()[2])[-1]
        place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        what = Refused(session_id, "quarantine", Reason.INTERNAL, f"{place}; please report this place, not the text")
    return Result(session_id, refused=what, contracts=contracts)

"""From the transcripts of one client to safe coded records: the only place where raw words are held.

Plain Python, run inside one Prefect task a batch of clients. What it returns is safe: `Coded` records, and refusals
that carry ids, reasons and our own words. Nothing that was spoken leaves through an exception.
"""

from __future__ import annotations

import hashlib
import hmac
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pipeline
from pipeline.contract_rows import AdmittedTurn
from pipeline.contracts import ContractResult, check_admitted, check_coded, check_safe, refuse_failed
from pipeline.deidentify import Deidentified
from pipeline.errors import AllianceError, Quarantined, Reason
from pipeline.ingest import read_transcript
from pipeline.language import Models
from pipeline.lexicon import Lexicon
from pipeline.method import Coded, code_session, describe_session, make_safe, usual_lateness
from pipeline.pseudonyms import Crosswalk
from pipeline.session import RawSession, Speaker, Turn
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
    contracts: dict[str, list[ContractResult]] = {e.session_id: [] for e in entries}

    def finish(entry: SessionEntry, turns: Sequence[Turn], safe: Deidentified | None) -> None:
        sid = entry.session_id
        try:
            coded = _code(study, entry, of_client, turns, lexicon, models, contracts[sid])
            results[sid] = Result(
                sid, coded, None, safe and safe.residual_risk, safe.counts if safe else {}, tuple(contracts[sid])
            )
        except Exception as e:
            results[sid] = refused(sid, e, contracts[sid])

    for entry in entries:
        if entry.transcript is None or entry.status != "held":
            finish(entry, (), None)
            continue
        try:
            raw = admit(study, entry)
            contracts[entry.session_id] += check_admitted(_planned(entry, of_client), _without_words(raw))
            refuse_failed(entry.session_id, contracts[entry.session_id])
            raws.append(raw)
        except Exception as e:
            results[entry.session_id] = refused(entry.session_id, e, contracts[entry.session_id])

    by_id = {e.session_id: e for e in entries}
    for raw, safe in zip(raws, _make_safe(study, entries, raws, vault, models), strict=True):
        if isinstance(safe, Deidentified):
            finish(by_id[raw.session_id], safe.turns, safe)
        else:
            results[raw.session_id] = refused(raw.session_id, safe, contracts[raw.session_id])
    return [results[e.session_id] for e in entries]


def _make_safe(
    study: Study, entries: Sequence[SessionEntry], raws: Sequence[RawSession], vault: Vault, models: Models
) -> Sequence[Deidentified | Exception]:
    """De-identify together what was admitted. Where that breaks, nothing of the client can be trusted to be safe."""
    if not raws:
        return []
    client_id = entries[0].client_id
    people = {person for e in entries for person in _people(e)}
    stored = vault.load(client_id)
    crosswalk = Crosswalk.from_bytes(stored) if stored else Crosswalk()
    try:
        safe = make_safe(
            raws,
            known=[k for k in study.roster if k.person_id in people],
            detect=models.detect,
            crosswalk=crosswalk,
            date_offset_days=vault.date_offset_days(client_id),
            settings=study.settings,
        )
    except Exception as e:
        return [e] * len(raws)
    vault.save(client_id, crosswalk.to_bytes())
    return safe


def _code(
    study: Study,
    entry: SessionEntry,
    of_client: Sequence[SessionEntry],
    turns: Sequence[Turn],
    lexicon: Lexicon,
    models: Models,
    contracts: list[ContractResult],
) -> Coded:
    """Check, code, check again. `contracts` collects what was checked, also where a check fails."""
    session = describe_session(entry, of_client, turns)
    contracts += check_safe(session)
    refuse_failed(entry.session_id, contracts)
    coded = code_session(
        session,
        lexicon=lexicon,
        embed=models.embed,
        settings=study.settings,
        usual_minutes_late=usual_lateness(entry, of_client),
    )
    contracts += check_coded(coded.session, coded.tags, coded.episodes, codes=lexicon.codes)
    refuse_failed(entry.session_id, contracts)
    return coded


def _planned(entry: SessionEntry, of_client: Sequence[SessionEntry]) -> dict[str, object]:
    facts = describe_session(entry, of_client)
    return {
        "session_id": facts.session_id,
        "client_id": facts.client_id,
        "therapist_id": facts.therapist_id,
        "session_no": facts.session_no,
        "status": facts.status,
        "transcript_source": facts.source.value,
        "minutes_late": facts.minutes_late,
        "day": facts.day,
    }


def _without_words(raw: RawSession) -> list[AdmittedTurn]:
    return [AdmittedTurn(t.turn_no, raw.role_of(t).value, len(t.text), t.start_s, t.end_s) for t in raw.turns]


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




def refused(session_id: str, error: Exception, contracts: Sequence[ContractResult] = ()) -> Result:
    """Turn an error into a refusal. An error that is not ours may quote a person: only its kind and place are kept.

    Raises OSError (a retry may help) and what concerns the whole study again.
    """
    if isinstance(error, Quarantined):
        what = Refused(session_id, "quarantine", error.reason, error.advice)
    elif isinstance(error, OSError | AllianceError):
        raise error
    else:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        what = Refused(session_id, "quarantine", Reason.INTERNAL, f"{place}; please report this place, not the text")
    return Result(session_id, refused=what, contracts=tuple(contracts))

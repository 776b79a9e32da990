"""From transcripts to safe coded records, a batch of whole clients at a time: the only place that holds raw words.

Plain Python, run inside one Prefect task a batch. Nothing that was spoken leaves through a result or an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.fingerprint import people
from flows.ledger import Ledger, Result
from pipeline import contracts
from pipeline.contract_rows import AdmittedTurn
from pipeline.deidentify import Deidentified
from pipeline.errors import Quarantined, Reason, VaultProblem
from pipeline.ingest import read_transcript
from pipeline.language import Models
from pipeline.lexicon import Lexicon
from pipeline.method import Coded, code_session, describe_session, make_safe, usual_lateness
from pipeline.pseudonyms import Crosswalk
from pipeline.session import RawSession, Session, Speaker
from pipeline.study import SessionEntry, Study
from pipeline.tag import Judge
from pipeline.vault import Vault

GENERIC_LABELS: Mapping[str, Speaker] = {
    "t": Speaker.THERAPIST, "th": Speaker.THERAPIST, "therapist": Speaker.THERAPIST, "clinician": Speaker.THERAPIST,
    "counsellor": Speaker.THERAPIST, "counselor": Speaker.THERAPIST,
    "c": Speaker.CLIENT, "cl": Speaker.CLIENT, "client": Speaker.CLIENT, "p": Speaker.CLIENT, "pt": Speaker.CLIENT,
    "patient": Speaker.CLIENT,
}  # fmt: skip


def code_entries(
    study: Study,
    entries: Sequence[SessionEntry],
    *,
    vault: Vault,
    lexicon: Lexicon,
    models: Models,
    judge: Judge | None = None,
) -> list[Result]:
    """Read, de-identify and code sessions, in the order given; a client's sessions must all be here together.

    Raises OSError (worth a retry) and VaultProblem; all else becomes a refusal of its session.
    """
    ledger = Ledger()
    by_id = {e.session_id: e for e in entries}

    heard = {sid: e for sid, e in by_id.items() if e.transcript is not None and e.status == "held"}
    raw = ledger.each(heard, lambda entry: admit(study, entry))
    raw = ledger.hold(raw, lambda r: contracts.admitted(_planned(study, by_id[r.session_id]), _without_words(r)))

    safe = deidentify_clients(study, [by_id[sid] for sid in raw], raw, ledger, vault=vault, models=models)
    sessions = {
        sid: describe_session(e, study.of_client(e.client_id), safe[sid].turns if sid in safe else ())
        for sid, e in by_id.items()
        if sid in safe or sid not in heard
    }
    sessions = ledger.hold(sessions, contracts.safe)

    def code(session: Session) -> Coded:
        late = usual_lateness(by_id[session.session_id], study.of_client(session.client_id))
        return code_session(
            session,
            lexicon=lexicon,
            embed=models.embed,
            settings=study.settings,
            usual_minutes_late=late,
            judge=judge,
        )

    coded = ledger.each(sessions, code)
    coded = ledger.hold(coded, lambda c: contracts.coded(c.session, c.tags, c.episodes, codes=lexicon.codes))
    return ledger.results(list(by_id), coded)


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


def deidentify_clients(
    study: Study,
    entries: Sequence[SessionEntry],
    raw: Mapping[str, RawSession],
    ledger: Ledger,
    *,
    vault: Vault,
    models: Models,
) -> dict[str, Deidentified]:
    """De-identify client by client, so that a name met in one session is known in all of that client's.

    Where it breaks, nothing of the client can be trusted to be safe: all of the client's sessions here are refused.
    """
    safe: dict[str, Deidentified] = {}
    for client_id in dict.fromkeys(e.client_id for e in entries):
        mine = [e for e in entries if e.client_id == client_id]
        known_people = {person for e in mine for person in people(e)}
        try:
            stored = vault.load(client_id)
            crosswalk = Crosswalk.from_bytes(stored) if stored else Crosswalk()
            outcomes = make_safe(
                [raw[e.session_id] for e in mine],
                known=[k for k in study.roster if k.person_id in known_people],
                detect=models.detect,
                crosswalk=crosswalk,
                date_offset_days=vault.date_offset_days(client_id),
                surrogate_key=vault.surrogate_key(client_id),
                settings=study.settings,
            )
        except Exception as e:
            if isinstance(e, VaultProblem):  # the key was checked: this client's file is damaged
                e = Quarantined(client_id, Reason.INTERNAL, "the client's vault file does not open; restore it")
            for entry in mine:
                ledger.refuse(entry.session_id, e)
            continue
        vault.save(client_id, crosswalk.to_bytes())
        for entry, outcome in zip(mine, outcomes, strict=True):
            if isinstance(outcome, Deidentified):
                safe[entry.session_id] = outcome
            else:
                ledger.refuse(entry.session_id, outcome)
    return safe


def _planned(study: Study, entry: SessionEntry) -> dict[str, object]:
    facts = describe_session(entry, study.of_client(entry.client_id))
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

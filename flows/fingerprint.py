"""What a session's rows depend on, as one keyed hash: the same fingerprint means there is nothing to do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import pipeline
from pipeline.ingest import MOST_BYTES
from pipeline.method import describe_session, usual_lateness
from pipeline.study import SessionEntry, Study
from pipeline.study_settings import Settings


def fingerprint(study: Study, entry: SessionEntry, *, secret: bytes, made_by: Sequence[str]) -> str:
    """Transcript, row, place among the client's sessions, roster, settings, codebook, models and code version.

    Keyed with the vault's secret, since a plain hash of a name on the roster could be guessed. `made_by` names the
    codebook and the models.
    """
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    of_client, settings = study.of_client(entry.client_id), study.settings
    known = sorted(f"{k.kind}|{k.role}|{k.value}" for k in study.roster if k.person_id in people(entry))
    for part in (
        repr((describe_session(entry, of_client), entry.roles, usual_lateness(entry, of_client))),
        repr(known),
        repr((settings.style, settings.risk_limit, settings.episode_gap, settings.episode_window)),
        repr((settings.encoding, settings.columns)),
        repr((*made_by, pipeline.__version__)),
    ):
        digest.update(part.encode() + b"\0")
    _update_with_file(digest, study, entry)
    return digest.hexdigest()


def _update_with_file(digest: hmac.HMAC, study: Study, entry: SessionEntry) -> None:
    """The bytes of the transcript; of a file that ingest will refuse anyway (outside, huge, unreadable) only that."""
    if entry.transcript is None:
        return
    path = study.inbox / entry.transcript
    try:
        if not path.resolve().is_relative_to(study.inbox.resolve()) or not path.is_file():
            return
        if path.stat().st_size > MOST_BYTES:
            digest.update(b"huge")
            return
        with path.open("rb") as f:
            while chunk := f.read(1 << 20):
                digest.update(chunk)
    except OSError:
        digest.update(b"unreadable")


def people(entry: SessionEntry) -> tuple[str, str]:
    """Whose rows of the roster are known in this session."""
    return entry.client_id, entry.therapist_id


def settings_hash(settings: Settings) -> str:
    """For the run record."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]

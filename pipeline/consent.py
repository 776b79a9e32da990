"""The consent gate. A session that does not pass is never opened.

`check_consented` raises with a reason, `is_consented` asks. Of several rows for one client and purpose one withdrawal
withdraws, whatever was granted before it; of grants and refusals the last word counts; a row that cannot be read closes
the client until it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipeline.errors import ConsentRefused, Reason
from pipeline.study import Consent, SessionEntry


def check_consented(session: SessionEntry, consents: Iterable[Consent], *, purpose: str, today: date) -> None:
    """Raise ConsentRefused unless the client granted this purpose by the day of the session and it still holds."""
    mine = [c for c in consents if c.client_id == session.client_id]
    if any(c.purpose == purpose and (c.status == "withdrawn" or c.withdrawn_on is not None) for c in mine):
        raise ConsentRefused(session.session_id, Reason.WITHDRAWN, "the client withdrew; every trace is removed")
    if any(c.status == "unreadable" for c in mine):
        advice = "a row of consent.csv for this client cannot be read; `alliance check` names it"
        raise ConsentRefused(session.session_id, Reason.NO_CONSENT, advice)
    granted = [c for c in mine if c.purpose == purpose and c.status == "granted"]
    refusals = [c.signed_on for c in mine if c.purpose == purpose and c.status == "refused"]
    if refusals and granted and max(refusals) >= max(c.signed_on for c in granted):
        raise ConsentRefused(session.session_id, Reason.NO_CONSENT, "the client's last word is a refusal; it stays out")
    if not granted:
        other = any(c.status == "granted" for c in mine)
        reason = Reason.OTHER_PURPOSE if other else Reason.NO_CONSENT
        advice = "consent.csv grants another purpose" if other else "consent.csv has no granted row for this client"
        raise ConsentRefused(session.session_id, reason, f"{advice}; ask the client, then add a row")
    unexpired = [c for c in granted if c.expires_on is None or c.expires_on >= today]
    if not unexpired:
        raise ConsentRefused(session.session_id, Reason.EXPIRED, "the consent ran out; renew it with the client")
    if not any(c.signed_on <= session.date for c in unexpired):
        raise ConsentRefused(
            session.session_id, Reason.NOT_YET_SIGNED, "the session was held before the client signed; it stays out"
        )


def is_consented(session: SessionEntry, consents: Iterable[Consent], *, purpose: str, today: date) -> bool:
    try:
        check_consented(session, consents, purpose=purpose, today=today)
    except ConsentRefused:
        return False
    return True


def withdrawn_clients(consents: Iterable[Consent], *, purpose: str) -> set[str]:
    """Clients of whom nothing may remain."""
    return {c.client_id for c in consents if c.purpose == purpose and (c.status == "withdrawn" or c.withdrawn_on)}

from datetime import date

import pytest

from pipeline.consent import check_consented, is_consented, withdrawn_clients
from pipeline.errors import ConsentRefused, Reason
from pipeline.study import Consent, SessionEntry

TODAY = date(2026, 6, 1)


SESSION = SessionEntry("s1", "c1", "t1", 1, date(2026, 3, 2), "held", "s1.csv")


def consent(**change):
    given = {"client_id": "c1", "purpose": "research", "status": "granted", "signed_on": date(2026, 1, 5)}
    return Consent(**{**given, **change})


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], Reason.NO_CONSENT),
        ([consent(client_id="c2")], Reason.NO_CONSENT),
        ([consent(status="refused")], Reason.NO_CONSENT),
        ([consent(purpose="training")], Reason.OTHER_PURPOSE),
        ([consent(signed_on=date(2026, 3, 3))], Reason.NOT_YET_SIGNED),
        ([consent(expires_on=date(2026, 5, 31))], Reason.EXPIRED),
        ([consent(withdrawn_on=date(2026, 4, 1))], Reason.WITHDRAWN),
        ([consent(status="withdrawn")], Reason.WITHDRAWN),
        ([consent(), consent(status="withdrawn")], Reason.WITHDRAWN),
        ([consent(), consent(status="refused", signed_on=date(2026, 2, 1))], Reason.NO_CONSENT),
        ([consent(), consent(status="unreadable")], Reason.NO_CONSENT),
    ],
)
def test_without_valid_consent_a_session_is_refused_with_the_reason(rows, reason):
    with pytest.raises(ConsentRefused) as refused:
        check_consented(SESSION, rows, purpose="research", today=TODAY)
    assert refused.value.reason is reason
    assert not is_consented(SESSION, rows, purpose="research", today=TODAY)


@pytest.mark.parametrize(
    "rows",
    [
        [consent()],
        [consent(signed_on=date(2026, 3, 2))],
        [consent(status="refused", signed_on=date(2026, 1, 1)), consent()],
        [consent(expires_on=TODAY)],
        [consent(expires_on=date(2026, 2, 1)), consent()],
        [consent(purpose="training", status="withdrawn"), consent()],
    ],
)
def test_with_valid_consent_it_may_be_opened(rows):
    assert is_consented(SESSION, rows, purpose="research", today=TODAY)


def test_a_withdrawal_names_the_client():
    rows = [
        consent(),
        consent(client_id="c2", status="withdrawn"),
        consent(client_id="c3", purpose="x", status="withdrawn"),
    ]
    assert withdrawn_clients(rows, purpose="research") == {"c2"}

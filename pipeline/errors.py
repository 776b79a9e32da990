"""The errors this project raises, each with a stable exit code.

Messages carry identifiers (session, file, row) and what to do next, never words that were spoken: an exception's
text is copied into logs, Prefect states and terminals.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a session is not in the research database. Reports count these; code decides on them, never on prose."""

    # refused at the consent gate: the transcript file was never opened
    NO_CONSENT = "no_consent"
    OTHER_PURPOSE = "other_purpose"
    NOT_YET_SIGNED = "not_yet_signed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    # quarantined: opened, and refused
    MISSING_FILE = "missing_file"
    OUTSIDE_INBOX = "outside_inbox"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_ENCODING = "wrong_encoding"
    UNKNOWN_FORMAT = "unknown_format"
    MALFORMED = "malformed"
    HOSTILE = "hostile"
    EXTRA_NOT_INSTALLED = "extra_not_installed"
    UNKNOWN_SPEAKER = "unknown_speaker"
    ONE_SPEAKER = "one_speaker"
    RESIDUAL_RISK = "residual_risk"
    CONTRACT_FAILED = "contract_failed"
    INTERNAL = "internal"


CONSENT_REASONS = frozenset(
    {Reason.NO_CONSENT, Reason.OTHER_PURPOSE, Reason.NOT_YET_SIGNED, Reason.EXPIRED, Reason.WITHDRAWN}
)


class AllianceError(Exception):
    """Anything this project refuses to do. `exit_code` is what the command `alliance` leaves with."""

    exit_code = 1


class StudyProblem(AllianceError):
    """The study folder cannot be used as it is: a file, a row, a setting."""

    exit_code = 3


class LexiconProblem(AllianceError):
    """A codebook file does not keep its format; the message names file, code and key."""

    exit_code = 4


class VaultProblem(AllianceError):
    """The vault cannot be opened: no key, a wrong key, a key inside the study, a damaged file."""

    exit_code = 5


class ModelProblem(AllianceError):
    """A language model is missing or is not the one whose checksum is on record."""

    exit_code = 6


class StoreProblem(AllianceError):
    """The research database cannot be opened or written: another process holds it, or it is of another version."""

    exit_code = 7


class ConsentRefused(AllianceError):
    """A session may not be opened. Raised before its transcript is."""

    exit_code = 8

    def __init__(self, session_id: str, reason: Reason, advice: str) -> None:
        super().__init__(f"session {session_id}: {reason.value}: {advice}")
        self.session_id, self.reason, self.advice = session_id, reason, advice


class Quarantined(AllianceError):
    """A session was opened and refused; the rest of the study runs on.

    `advice` says what to do next in words of ours. It may name columns, rows, counts, speaker numbers; never text.
    """

    exit_code = 2

    def __init__(self, session_id: str, reason: Reason, advice: str) -> None:
        super().__init__(f"session {session_id}: {reason.value}: {advice}")
        self.session_id, self.reason, self.advice = session_id, reason, advice

    def __reduce__(self):  # exceptions cross process borders in a parallel run
        return type(self), (self.session_id, self.reason, self.advice)


# `alliance` leaves with one of these, or with the code of the error above that stopped it.
EXIT_ALL_IN = 0
EXIT_SOME_QUARANTINED = 2

"""Who may be opened, and what may not stay: consent is ongoing, not one event."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date

from flows.ledger import Refused
from pipeline.audit_log import AuditLog
from pipeline.consent import check_consented, withdrawn_clients
from pipeline.errors import ConsentRefused
from pipeline.store import Store
from pipeline.study import SessionEntry, Study
from pipeline.vault import Vault


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
        if vault.forget(client) or client in stored.values():
            removed += len(set(store.forget_client(client, session_ids=listed)) & set(stored))
            AuditLog(study.folder).forget_sessions(listed)
            # exports are copies of rows; they can be made again, a client's rows in them may not stay
            shutil.rmtree(study.folder / "exports", ignore_errors=True)
    broken = {p.session_id for p in study.problems}  # a row that cannot be read is not a session that is gone
    for session_id in sorted(set(stored) - {e.session_id for e in admitted} - broken):
        if stored[session_id] not in withdrawn:
            store.remove_session(session_id)
            removed += 1
    return removed

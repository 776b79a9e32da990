"""Keep Prefect local and quiet: called before Prefect is imported, and never on import of anything."""

from __future__ import annotations

import os

SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # the default is too short for a busy machine
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # the command says what went wrong, in words that quote nobody
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def stay_local() -> None:
    """Set what is not set yet, for this process and the ones it starts."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)

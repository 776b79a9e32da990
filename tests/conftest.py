"""The real models and the shipped codebook, loaded once for all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))  # tests import their helpers as tests.…

from flows.local import stay_local  # noqa: E402
from pipeline.language import load_models  # noqa: E402
from pipeline.lexicon import read_lexicon  # noqa: E402

stay_local()


@pytest.fixture(scope="session")
def lexicon():
    return read_lexicon(CHECKOUT / "lexicons")


@pytest.fixture(scope="session")
def models():
    return load_models()


@dataclass(frozen=True)
class Ran:
    """A study that was run by the command, in a home of its own."""

    study: Path
    home: Path
    env: dict[str, str]
    done: subprocess.CompletedProcess[str]


def home_of_its_own(folder: Path) -> dict[str, str]:
    """An environment whose every place to write (home, cache, temporary files, Prefect) lies under one folder."""
    places = {
        "HOME": "home",
        "TMPDIR": "tmp",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
        "PREFECT_HOME": "prefect",
    }
    for place in places.values():
        (folder / place).mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "ALLIANCE_", "COV_"))}
    return {**kept, **{k: str(folder / v) for k, v in places.items()}}


def alliance(*words: str | Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, text=True, cwd=CHECKOUT, check=False, timeout=600)


@pytest.fixture(scope="session")
def riverside(tmp_path_factory) -> Ran:
    """The shipped demo study, run once for all tests that look at the outcome."""
    folder = tmp_path_factory.mktemp("riverside")
    study, env = folder / "study", home_of_its_own(folder)
    shutil.copytree(CHECKOUT / "examples" / "riverside", study)
    return Ran(study, folder, env, alliance("run", study, env=env))

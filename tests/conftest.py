"""The real models and the shipped codebook, loaded once for all tests."""

from __future__ import annotations

import sys
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

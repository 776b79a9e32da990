"""The file a judge is kept in: numbers as base64 arrays and the names of the engine's features, no word of anybody."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ModelProblem
from pipeline.judge import Judge

FORMAT = 2


def read_judge(file: Path) -> Judge:
    """Read a model file. Raises ModelProblem where it is missing, damaged or of another format."""
    try:
        body = file.read_bytes()
        data = json.loads(body)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ModelProblem(f"{file.name}: a model of another format; train it again with `alliance train`")
        return unpacked(data, version=hashlib.sha256(body).hexdigest()[:12])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error) as e:
        raise ModelProblem(
            f"{file.name}: no readable model ({type(e).__name__}); train one with `alliance train`, or leave it out"
        ) from None


def unpacked(data: Mapping[str, Any], *, version: str = "") -> Judge:
    """The judge of a model file's content; without the trained parts, one that can look but not judge."""
    return Judge(
        names=tuple(data["names"]),
        scale=unpack(data["scale"]),
        middle=unpack(data["middle"]),
        directions=unpack(data["directions"]),
        meaning_scale=data["meaning_scale"],
        wording_scale=data["wording_scale"],
        keys={k: unpack(v) for k, v in data["keys"].items()},
        rarity={k: unpack(v) for k, v in data["rarity"].items()},
        first={k: (unpack(w), b, unpack(s), c) for k, (w, b, s, c) in data.get("first", {}).items()},
        second_names=tuple(data.get("second_names", ())),
        second={k: (unpack(m), unpack(s), unpack(w), b) for k, (m, s, w, b) in data.get("second", {}).items()},
        codes={k: (tuple(c), unpack(w), unpack(b)) for k, (c, w, b) in data.get("codes", {}).items()},
        likely=data.get("likely", {}),
        possible=data.get("possible", {}),
        short_answers=data.get("short_answers", {}),
        version=version,
    )


def unpack(packed: Mapping[str, Any]) -> np.ndarray:
    """An array as the file keeps it: little-endian bytes in base64 with type and shape."""
    kinds = {"f2": "<f2", "f4": "<f4", "f8": "<f8", "u8": "<u8"}
    array = np.frombuffer(base64.b64decode(packed["bytes"], validate=True), dtype=kinds[packed["type"]])
    array = array.reshape(packed["shape"])
    return array if packed["type"] == "u8" else array.astype(np.float64)


def pack(array: np.ndarray, kind: str) -> dict[str, Any]:
    """The other way round: an array for the model file. `kind` is f2, f4, f8 or u8."""
    body = np.ascontiguousarray(array).astype(f"<{kind}")
    return {"type": kind, "shape": list(body.shape), "bytes": base64.b64encode(body.tobytes()).decode("ascii")}

"""Read one transcript: is the file admissible, which reader is its, and what turns does it hold?

Everything that can be wrong with a file ends as `Quarantined` with a reason, so that the rest of a study runs on.
No message and no attached exception carries a word of the file: libraries quote what they cannot read, therefore their
exceptions are let go before ours is raised.
"""

from __future__ import annotations

import codecs
import os
import stat
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Quarantined, Reason
from pipeline.ingest_archive import check_xml, check_zip
from pipeline.ingest_captions import read_srt, read_vtt
from pipeline.ingest_chat import read_chat
from pipeline.ingest_docx import docx_blocks, read_blocks
from pipeline.ingest_eaf import read_eaf
from pipeline.ingest_odt import odt_blocks
from pipeline.ingest_rtf import rtf_lines
from pipeline.ingest_tables import read_csv, read_tsv, read_xlsx
from pipeline.ingest_text import read_lines, read_txt
from pipeline.ingest_textgrid import read_textgrid
from pipeline.ingest_turns import Unreadable, Utterance, as_turns
from pipeline.ingest_whisper import read_whisper
from pipeline.session import RawTurn

DISTRIBUTION = "alliance-rupture-pipeline"
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class _Given:
    """A file that was admitted, and how the study says it is to be read."""

    path: Path
    data: bytes
    encoding: str
    columns: Mapping[str, str] | None

    @property
    def text(self) -> str:
        return decode(self.data, self.encoding)


def _docx(given: _Given) -> list[Utterance]:
    check_zip(given.data, "word/document.xml")
    return read_blocks(docx_blocks(given.data))


def _odt(given: _Given) -> list[Utterance]:
    check_zip(given.data, "content.xml")
    return read_blocks(odt_blocks(given.data))


def _xlsx(given: _Given) -> list[Utterance]:
    check_zip(given.data, "xl/workbook.xml")
    return read_xlsx(given.data, columns=given.columns)


def _eaf(given: _Given) -> list[Utterance]:
    check_xml(given.data)
    return read_eaf(given.path)


_READERS: Mapping[str, Callable[[_Given], list[Utterance]]] = {
    ".txt": lambda given: read_txt(given.text),
    ".vtt": lambda given: read_vtt(given.text),
    ".srt": lambda given: read_srt(given.text),
    ".docx": _docx,
    ".csv": lambda given: read_csv(given.text, columns=given.columns),
    ".tsv": lambda given: read_tsv(given.text, columns=given.columns),
    ".xlsx": _xlsx,
    ".json": lambda given: read_whisper(given.text),
    ".eaf": _eaf,
    ".textgrid": lambda given: read_textgrid(given.text),
    ".cha": lambda given: read_chat(given.text),
    ".rtf": lambda given: read_lines(rtf_lines(given.text)),
    ".odt": _odt,
}
FORMATS = tuple(_READERS)
EXTRAS: Mapping[str, str] = {".xlsx": "xlsx", ".textgrid": "textgrid", ".cha": "chat", ".rtf": "rtf", ".odt": "odt"}


def read_transcript(
    path: Path,
    *,
    session_id: str,
    inbox: Path,
    encoding: str = "utf-8",
    columns: Mapping[str, str] | None = None,
    max_bytes: int = MOST_BYTES,
) -> tuple[RawTurn, ...]:
    """The turns of one transcript, numbered from 0, with the speaker labels of the file and times in seconds.

    path      a file in `inbox`; a relative path is taken from there
    encoding  of text formats; "utf-8" also takes a byte-order mark. Nothing is guessed.
    columns   for csv, tsv and xlsx: {our column: column in the file}
    max_bytes a larger file is refused before it is opened

    Raises Quarantined, and nothing else whatever the file holds: MISSING_FILE, OUTSIDE_INBOX, EMPTY, TOO_LARGE,
    WRONG_ENCODING, UNKNOWN_FORMAT, MALFORMED, HOSTILE, EXTRA_NOT_INSTALLED, UNKNOWN_SPEAKER.
    """
    suffix = Path(path).suffix.lower()
    try:
        return _read(Path(path), Path(inbox), encoding, columns, max_bytes)
    except Unreadable as refusal:
        reason, advice = refusal.reason, refusal.advice
    except ImportError:
        extra = f"[{EXTRAS[suffix]}]" if suffix in EXTRAS else ""
        reason = Reason.EXTRA_NOT_INSTALLED
        advice = f"{suffix} files need one more package: pip install '{DISTRIBUTION}{extra}', then re-run"
    except Exception:  # whatever a library raises on a damaged file, the study runs on
        reason, advice = (
            Reason.MALFORMED,
            f"it cannot be read as {suffix}: open it where it was made and export it again",
        )
    # Raised out here, where no other exception is in flight: not even __context__ holds the library's message.
    raise Quarantined(session_id, reason, advice)


def _read(
    path: Path, inbox: Path, encoding: str, columns: Mapping[str, str] | None, max_bytes: int
) -> tuple[RawTurn, ...]:
    """Apart from `read_transcript`, whose frame is in the traceback and must hold no words."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(Reason.UNKNOWN_FORMAT, f"give it as one of {' '.join(FORMATS)}")
    inside = _inside(path, inbox)
    data = _admit(inside, max_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library's warning may quote the file
        return as_turns(reader(_Given(inside, data, encoding, columns)))


def decode(data: bytes, encoding: str) -> str:
    """Text in exactly the named encoding, with "\\n" line ends. Raises Unreadable: WRONG_ENCODING, MALFORMED."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise Unreadable(
            Reason.WRONG_ENCODING, "the encoding named in study.toml does not exist: utf-8, utf-16, cp1252 do"
        ) from None
    if name == "utf-8":
        name = "utf-8-sig"
    try:
        text = data.decode(name)
    except (UnicodeError, LookupError):
        raise Unreadable(
            Reason.WRONG_ENCODING, f"not {encoding}: save it as UTF-8, or name its encoding in study.toml"
        ) from None
    if "\0" in text:
        raise Unreadable(Reason.MALFORMED, "it holds NUL bytes, so it is no text: check what kind of file it is")
    if not text.strip():
        raise Unreadable(Reason.EMPTY, "the file holds no words: check the export, then re-run")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _inside(path: Path, inbox: Path) -> Path:
    """The real file behind `path`. Links are followed first, so that a link out of the inbox is seen as one."""
    try:
        home = inbox.resolve()
        joined = path if path.is_absolute() or path.is_relative_to(inbox) else inbox / path
        real = joined.resolve()
    except (OSError, ValueError, RuntimeError):
        raise Unreadable(Reason.MISSING_FILE, "its path is none: correct sessions.csv") from None
    if not real.is_relative_to(home):
        raise Unreadable(Reason.OUTSIDE_INBOX, "it lies outside the inbox: put the file itself there, no link, no '..'")
    return real


def _admit(path: Path, max_bytes: int) -> bytes:
    """Size and kind are looked at before the first byte is read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(Reason.MISSING_FILE, "it is a folder or a device: name the file in sessions.csv")
        if found.st_size > max_bytes:
            raise Unreadable(
                Reason.TOO_LARGE, f"{found.st_size} bytes, {max_bytes} at most: one session a file, without pictures"
            )
        with open(path, "rb", opener=_open_without_waiting) as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError):
        raise Unreadable(
            Reason.MISSING_FILE, "not in the inbox, or not readable: correct its name in sessions.csv, or its rights"
        ) from None
    if len(data) > max_bytes:
        raise Unreadable(
            Reason.TOO_LARGE, f"it grew beyond {max_bytes} bytes while being read: re-run when it is complete"
        )
    if not data:
        raise Unreadable(Reason.EMPTY, "the file has 0 bytes: copy it again")
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe put in the file's place would block for ever

"""The coded study as a REFI-QDA project (.qdpx) for NVivo, MAXQDA, ATLAS.ti, QualCoder and the like.

Sources are sessions, one line a turn; the auto-tagger is a user of its own and each coder another; offsets are code
points with the end excluded, and the quote stands in the selection's name so that an importer can check it. GUIDs are
made from the ids and zip times are fixed: the same study gives the same bytes. The variant without text keeps lengths
and offsets and shows a dot for every character.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from pipeline import __version__

Rows = Callable[[str], list[dict[str, Any]]]
SPACE = "urn:QDA-XML:project:1.0"
AUTO = "auto-tagger"
COLOURS = {"withdrawal": "#0072B2", "confrontation": "#D55E00", "repair": "#009E73", "attendance": "#5C5C5C"}
SAID_BY = {"client": "C: ", "therapist": "T: "}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
HIDDEN = "·"
LINE_ENDS = str.maketrans({c: " " for c in "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"})  # one character each, as before


def write_qdpx(
    rows: Rows, file: Path, *, study_id: str, with_text: bool, definitions: Mapping[str, str] | None = None
) -> None:
    """Write the project. `definitions` maps codes to their definition in the codebook."""
    project = _Project(rows, study_id, with_text, definitions or {})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in project.parts():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)


class _Project:
    def __init__(self, rows: Rows, study_id: str, with_text: bool, definitions: Mapping[str, str]) -> None:
        self.rows, self.study_id, self.with_text, self.definitions = rows, study_id, with_text, definitions
        self.notes: list[tuple[str, str, str, str]] = []  # guid, name, content, user
        self.tagged_at = {
            r["session_id"]: r["started"]
            for r in rows("SELECT session_id, started FROM sessions JOIN runs USING (run_id)")
        }
        self.made = max(self.tagged_at.values(), default=datetime(1980, 1, 1))

    def parts(self) -> list[tuple[str, bytes]]:
        """Names in the archive and their bytes."""
        sources, files = self._sources()
        root = self._element(
            None, "Project", name=self.study_id, origin=f"alliance-rupture-pipeline {__version__}",
            creatingUserGUID=self._guid("user", AUTO), creationDateTime=_time(self.made),
        )  # fmt: skip
        users = self._element(root, "Users")
        coders = [r["coder"] for r in self.rows("SELECT DISTINCT coder FROM decisions ORDER BY 1")]
        for name in [AUTO, *coders]:
            self._element(users, "User", guid=self._guid("user", name), name=name)
        self._codebook(root)
        self._cases(root)
        root.append(sources)
        if self.notes:
            notes = self._element(root, "Notes")
            for guid, name, content, user in self.notes:
                note = self._element(notes, "Note", guid=guid, name=name, creatingUser=self._guid("user", user))
                self._element(note, "PlainTextContent").text = content
        self._element(root, "Description").text = (
            "Alliance ruptures and repairs. Users other than the auto-tagger are coders. Codes are candidates for"
            " review, no 3RS scores, and no verdict on anybody."
        )
        out = BytesIO()
        etree.ElementTree(root).write(out, xml_declaration=True, encoding="utf-8", pretty_print=True)
        return [("project.qde", out.getvalue()), *files]

    # ---- what the project consists of

    def _codebook(self, root: etree._Element) -> None:
        codes = self.rows(
            "SELECT code, label, family FROM codes UNION ALL SELECT DISTINCT code, code, family FROM coded_segments"
            " WHERE code NOT IN (SELECT code FROM codes) ORDER BY family, code"
        )
        if not codes:
            return
        book = self._element(self._element(root, "CodeBook"), "Codes")
        parents: dict[str, etree._Element] = {}
        for c in codes:
            family = c["family"]
            if family not in parents:
                parents[family] = self._element(
                    book, "Code", guid=self._guid("family", family), name=family, isCodable="false",
                    color=COLOURS[family],
                )  # fmt: skip
            code = self._element(
                parents[family], "Code", guid=self._guid("code", c["code"]), name=c["code"], isCodable="true",
                color=COLOURS[family],
            )  # fmt: skip
            about = self.definitions.get(c["code"])
            self._element(code, "Description").text = f"{c['label']}. {about}" if about else c["label"]

    def _cases(self, root: etree._Element) -> None:
        sessions = self.rows("SELECT client_id, session_id FROM sessions WHERE n_turns > 0 ORDER BY ALL")
        cases = None
        for client in dict.fromkeys(s["client_id"] for s in sessions):
            cases = self._element(root, "Cases") if cases is None else cases
            case = self._element(cases, "Case", guid=self._guid("case", client), name=client)
            for s in sessions:
                if s["client_id"] == client:
                    self._element(case, "SourceRef", targetGUID=self._guid("source", s["session_id"]))

    def _sources(self) -> tuple[etree._Element, list[tuple[str, bytes]]]:
        sources = etree.Element(f"{{{SPACE}}}Sources")
        files: list[tuple[str, bytes]] = []
        turns = self._by_session("SELECT session_id, turn_no, speaker, text FROM turns ORDER BY session_id, turn_no")
        tags = self._by_session("SELECT * FROM coded_segments ORDER BY session_id, turn_no, char_start, segment_id")
        said = self._by_session("SELECT * FROM decisions ORDER BY session_id, decided_at, decision_id")
        episodes = self._by_session("SELECT * FROM episodes ORDER BY session_id, first_turn, episode_id")
        for session_id in turns:
            guid = self._guid("source", session_id)
            text, starts = self._text(turns[session_id])
            files.append((f"sources/{guid}.txt", text.encode()))
            source = self._element(
                sources, "TextSource", guid=guid, name=session_id, plainTextPath=f"internal://{guid}.txt",
                creatingUser=self._guid("user", AUTO), creationDateTime=_time(self.tagged_at[session_id]),
            )  # fmt: skip
            for t in tags.get(session_id, []):
                self._coding(source, t, AUTO, self.tagged_at[session_id], t["segment_id"], text, starts)
            for d in said.get(session_id, []):
                self._decision(source, d, text, starts)
            for t in tags.get(session_id, []):
                if t["turn_no"] is None:  # attendance belongs to the whole session
                    self._code(source, t, AUTO, self.tagged_at[session_id], t["segment_id"])
            for e in episodes.get(session_id, []):
                self._note(source, "episode", e["episode_id"], f"Episode, turns {e['first_turn']} to {e['last_turn']}",
                           _episode(e), AUTO)  # fmt: skip
        return sources, files

    def _text(self, turns: list[dict[str, Any]]) -> tuple[str, dict[int, int]]:
        """The source's text, and where in it each turn's words begin."""
        parts, starts, at = [], {}, 0
        for t in turns:
            words = t["text"].translate(LINE_ENDS)
            line = SAID_BY[t["speaker"]] + (words if self.with_text else HIDDEN * len(words)) + "\n"
            starts[t["turn_no"]] = at + len(SAID_BY[t["speaker"]])
            parts.append(line)
            at += len(line)
        return "".join(parts), starts

    def _coding(
        self, source: etree._Element, span: Mapping[str, Any], user: str, when: datetime, identity: str, text: str,
        starts: Mapping[int, int],
    ) -> etree._Element | None:  # fmt: skip
        """A selection with its code; None where the span lies on no turn that is still there."""
        if span["turn_no"] not in starts or span["char_start"] is None:
            return None
        start = starts[span["turn_no"]] + span["char_start"]
        end = starts[span["turn_no"]] + span["char_end"]
        if end > len(text):  # a person marked words of a transcript that has changed since
            return None
        selection = self._element(
            source, "PlainTextSelection", guid=self._guid("selection", user, identity), name=text[start:end],
            startPosition=str(start), endPosition=str(end), creatingUser=self._guid("user", user),
            creationDateTime=_time(when),
        )  # fmt: skip
        if span.get("decision") != "reject":
            self._code(selection, span, user, when, identity)
        return selection

    def _code(self, parent: etree._Element, span: Mapping[str, Any], user: str, when: datetime, identity: str) -> None:
        coding = self._element(
            parent, "Coding", guid=self._guid("coding", user, identity), creatingUser=self._guid("user", user),
            creationDateTime=_time(when),
        )  # fmt: skip
        self._element(coding, "CodeRef", targetGUID=self._guid("code", span["code"]))

    def _decision(self, source: etree._Element, d: Mapping[str, Any], text: str, starts: Mapping[int, int]) -> None:
        selection = self._coding(source, d, d["coder"], d["decided_at"], d["decision_id"], text, starts)
        if selection is not None and d["decision"] != "accept":
            what = f"{d['coder']}: {d['decision']} {d['code']} (codebook {d['codebook_version']})"
            self._note(selection, "decision", d["decision_id"], f"Decision: {d['decision']}", what, d["coder"])

    def _note(self, parent: etree._Element, kind: str, identity: str, name: str, content: str, user: str) -> None:
        guid = self._guid(f"note-{kind}", identity)
        self.notes.append((guid, name, content, user))
        self._element(parent, "NoteRef", targetGUID=guid)

    # ---- pieces

    def _by_session(self, sql: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for r in self.rows(sql):
            found.setdefault(r["session_id"], []).append(r)
        return found

    def _guid(self, *parts: str) -> str:
        return str(uuid5(NAMESPACE_URL, "\x1f".join(("alliance-rupture-pipeline", self.study_id, *parts))))

    @staticmethod
    def _element(parent: etree._Element | None, tag: str, **attributes: str) -> etree._Element:
        name = f"{{{SPACE}}}{tag}"
        if parent is None:
            return etree.Element(name, attributes, nsmap={None: SPACE})
        return etree.SubElement(parent, name, attributes)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _episode(e: Mapping[str, Any]) -> str:
    latency = "no times" if e["latency_s"] is None else f"{e['latency_s']:.0f} s"
    repair = (
        "no repair move" if e["repair_turn"] is None else f"first repair move at turn {e['repair_turn']} ({latency})"
    )
    return f"{e['kind']} episode, {e['outcome']}; {repair}; order of exploring and owning: {e['order_flag']}."

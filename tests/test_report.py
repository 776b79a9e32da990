"""The run report: complete, readable without a network, safe to leave on a desk, the same bytes for the same data."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from pipeline import report_figures as draw
from pipeline.alliance import Score
from pipeline.codes import Episode, Family, OrderFlag, Outcome, Status, Tag
from pipeline.contracts import ContractResult, FailedExpectation
from pipeline.errors import ConsentRefused, Quarantined, Reason
from pipeline.identifiers_fairness import WORDS, Fairness, Recall, gaps_of
from pipeline.report import write_report
from pipeline.report_data import EpisodeSpan, Mark, collect
from pipeline.session import Session, Source, Speaker, Turn
from pipeline.store import open_store

RECALLS = (
    Recall("welsh", "F", True, True, 10, 1, 10, 10, 0.7, 1.0),
    Recall("welsh", "M", True, True, 10, 1, 6, 10, 0.3, 0.8),
    Recall("thai", "F", True, True, 10, 1, 9, 10, 0.6, 1.0),
    Recall(WORDS, "", False, True, 10, 1, 5, 10, 0.2, 0.8),
    Recall("welsh", "F", True, True, 10, 3, 0, 10, 0.0, 0.3),  # said three times: another question
)
FAIRNESS = Fairness(RECALLS, gaps_of(RECALLS[:4]), {"sentences": "4 made-up sentences"})

SECRET = "kingfisher"
CODES = {
    "wd_minimal_response": SimpleNamespace(family=Family.WITHDRAWAL, label="Minimal response", speaker=Speaker.CLIENT),
    "rp_accountability": SimpleNamespace(family=Family.REPAIR, label="Accountability", speaker=Speaker.THERAPIST),
    "at_no_show": SimpleNamespace(family=Family.ATTENDANCE, label="No-show", speaker=None),
    "cf_control_pressure": SimpleNamespace(family=Family.CONFRONTATION, label="Pressure", speaker=Speaker.CLIENT),
}
FAILED = FailedExpectation(
    "expect_x", "end_s, start_s", "a turn ends after it starts", 9, tuple(f"turn {n}" for n in range(9))
)
CONTRACTS = [
    ContractResult("turns", "s1", True, 4, 9),
    ContractResult("turns", "s8", False, 30, 9, (FAILED,)),
    ContractResult("episodes", "s1", True, 1, 8),
]


def a_session(session_id: str, no: int, client_id: str = "c1", n_turns: int = 6, **changes) -> Session:
    speakers = (Speaker.THERAPIST, Speaker.CLIENT)
    turns = tuple(Turn(n, speakers[n % 2], f"the {SECRET} again", 10.0 * n, 10.0 * n + 8) for n in range(n_turns))
    return replace(Session(session_id, client_id, "t1", turns, session_no=no, phase="early", day=7 * no), **changes)


MINIMAL = Tag("wd_minimal_response", Family.WITHDRAWAL, 1, 0, 3, Status.LIKELY, 0.8, "bare_reply")
OWNS = Tag("rp_accountability", Family.REPAIR, 2, 0, 3, Status.POSSIBLE, 0.5, "owns")
RESOLVED = Episode("withdrawal", 1, 3, 2, 2.0, Outcome.RESOLVED, OrderFlag.OK)
IGNORED = Episode("withdrawal", 1, 1, None, None, Outcome.UNADDRESSED, OrderFlag.NOT_APPLICABLE)


def score(session_id: str, value: float, client_id: str = "c1", form: str = "client") -> Score:
    return Score(client_id, session_id, "WAI-SR", form, "post", "total", value, 12, 0, 1.0, 5.0, True, "1")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("study") / "study.duckdb") as store:
        store.write_codes(CODES)
        for run_id in ("r1", "r2"):
            store.start_run(
                run_id, started=datetime(2026, 3, 2, 22), code_version="0.1.0", lexicon_hash="abc123",
                model_hashes={"named entities": "md 3.7.1"}, settings_hash="def456",
            )  # fmt: skip
        missed = a_session("s2", 2, n_turns=0, status="no_show")
        no_show = Tag("at_no_show", Family.ATTENDANCE, None, None, None, Status.LIKELY, 0.9, "status")
        how = {"lexicon_version": "1", "model_version": "1", "fingerprint": "f"}
        store.write_session(a_session("s1", 1), [MINIMAL, OWNS], [RESOLVED], run_id="r1", **how)
        store.write_session(missed, [no_show], [], run_id="r2", **how)
        late = a_session("s3", 3, source=Source.ASR, minutes_late=14.0)
        store.write_session(late, [MINIMAL], [IGNORED], run_id="r2", **how)
        store.write_session(a_session("s4", 1, "c2"), [], [], run_id="r2", **how)
        scores = [score("s1", 4.0), score("s3", 3.25), score("s4", 2.0, "c2"), score("s1", 4.5, form="therapist")]
        store.write_scores(scores)
        store.write_refusals(
            [
                Quarantined("s8", Reason.CONTRACT_FAILED, "turns: a turn ends after it starts (9: turn 0)"),
                ConsentRefused("s9", Reason.EXPIRED, "renew it <here> & now"),
            ],
            run_id="r2",
        )
        counts = {"sessions": 6, "written": 3, "unchanged": 1, "refused": 1, "quarantined": 1}
        store.finish_run("r2", finished=datetime(2026, 3, 2, 22, 7, 30), counts=counts)
        return collect(store.rows, "r2", study_id="northside", contracts=CONTRACTS)


@pytest.fixture(scope="module")
def page(data, tmp_path_factory) -> str:
    return write_report(data, FAIRNESS, tmp_path_factory.mktemp("report")).read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Text of the page, its tables and every attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, "a tag was left open"

    def handle_data(self, data):
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += " ".join(data.split()) + " "


def rows_of(page: str) -> list[list[str]]:
    return [[" ".join(cell.split()) for cell in row] for row in Reader(page).rows]


def text_of(page: str) -> str:
    return " ".join(" ".join(Reader(page).words).split())


def test_it_says_how_many_came_in_and_how_many_are_out(page):
    words = text_of(page)
    assert "4 of 6 sessions are in the research database" in words
    assert (
        "6 in the study 3 written by this run 1 unchanged, left as they were 1 refused for consent 1 in quarantine"
        in words
    )
    assert "took 7.5 minutes" in words


def test_every_refusal_is_there_with_its_reason_and_what_to_do(page):
    rows = rows_of(page)
    assert ["s8", "contract failed", "turns: a turn ends after it starts (9: turn 0)", "new"] in rows
    assert ["s9", "expired", "renew it <here> & now", "new"] in rows


def test_codes_and_episodes_by_session(page):
    rows = rows_of(page)
    #             turns  late  minimal owns no-show  all resolved attempted unaddressed
    assert ["1 · s1", "6", "", "1", "1", "·", "1", "1", "·", "·"] in rows
    assert ["2 · s2 new", "did not come", "", "·", "·", "1", "·", "·", "·", "·"] in rows
    assert ["3 · s3 asr new", "6", "14 min", "1", "·", "·", "1", "·", "·", "1"] in rows
    assert ["All", "18", "", "2", "1", "1", "2", "1", "·", "1"] in rows
    assert "Pressure" not in text_of(page), "a code that was never tagged takes no room"


def test_contracts_and_versions(page):
    rows = rows_of(page)
    assert ["turns", "9", "2", "34", "1 broken"] in rows
    assert ["episodes", "8", "1", "1", "all hold"] in rows
    assert ["s8", "a turn ends after it starts", "9", "turn 0, turn 1, turn 2, turn 3, turn 4, turn 5, …"] in rows
    assert ["codebook hash", "abc123"] in rows
    assert ["model named entities", "md 3.7.1"] in rows


def test_it_holds_no_words_of_a_session(page):
    assert SECRET not in page


def test_it_asks_for_nothing_and_runs_nothing(page):
    reader = Reader(page)
    tags = {tag for tag, _, _ in reader.attributes} | set(re.findall(r"<(\w+)", page))
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    for tag, name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "srcset", "action", "data", "poster")
        if name == "href":
            assert tag == "a"
            assert value.startswith("#")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page
    addresses = set(re.findall(r"\w+://[^\s\"'<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}, "the name of SVG, which no browser asks for"


def test_every_link_leads_somewhere(page):
    attributes = Reader(page).attributes
    targets = {value for _, name, value in attributes if name == "id"}
    assert {value[1:] for _, name, value in attributes if name == "href"} <= targets


def test_the_same_data_gives_the_same_bytes(data, tmp_path):
    once, twice = (write_report(data, FAIRNESS, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert once == twice


def test_ids_are_escaped_everywhere(data, tmp_path):
    evil = "<script>alert(1)</script>&\"'"
    [first, *_] = data.clients
    sessions = tuple(replace(s, session_id=f"{s.session_no}{evil}") for s in first.sessions)
    changed = replace(data, study_id=evil, clients=(replace(first, client_id=evil, sessions=sessions),))
    page = write_report(changed, FAIRNESS, tmp_path).read_text(encoding="utf-8")
    assert "<script" not in page
    assert Reader(page).open == []


def test_a_study_with_nothing_in_it_still_has_a_report(data, tmp_path):
    empty = replace(data, clients=(), refusals=(), suites=(), counts={}, finished=None)
    words = text_of(write_report(empty, FAIRNESS, tmp_path).read_text(encoding="utf-8"))
    assert "All 0 sessions" in words
    assert "No alliance scores are in the study" in words
    assert "cut off before its end" in words


# ---- figures


def figures(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<figure>(<svg.*?</svg>)</figure>", page, re.DOTALL)]


def titles(figure: ElementTree.Element) -> list[str]:
    return [t.text or "" for t in figure.iter("{http://www.w3.org/2000/svg}title")]


def test_figures_are_well_formed_named_and_complete(page):
    drawn = {f.attrib["aria-label"]: titles(f) for f in figures(page)}
    assert list(drawn) == [
        "Alliance scores of client c1 over sessions",
        "Codes over the turns of each session: Client c1",
        "Codes over the turns of each session: Clients seen once",
        "Turns and codes of session s1",
        "Turns and codes of session s3",
    ]
    raster = drawn["Codes over the turns of each session: Client c1"]
    assert "Turn 1: wd_minimal_response (likely)" in raster
    assert "Turn 2: rp_accountability (possible)" in raster
    assert "Episode, turns 1 to 3: resolved, first repair move at turn 2" in raster
    trajectory = drawn["Alliance scores of client c1 over sessions"]
    assert "total, client, post, session 3: 3.25" in trajectory
    assert "total, therapist, post, session 1: 4.50" in trajectory
    assert "Session 3, turns 1 to 1: unaddressed" in trajectory
    assert "did not come" in trajectory


def test_a_session_refused_now_and_stored_before_is_counted_once_and_marked(data, tmp_path):
    again = replace(data.refusals[0], session_id="s1", older_kept=True)
    page = write_report(replace(data, refusals=(again,)), FAIRNESS, tmp_path).read_text(encoding="utf-8")
    assert "All 4 sessions are in the research database" in text_of(page)
    assert any(row[0] == "s1" and "earlier version kept" in row[-1] for row in rows_of(page))


def test_a_client_with_one_score_has_no_trajectory_and_is_counted(page):
    assert "1 of 2 clients have one score only" in text_of(page)


@pytest.mark.parametrize("n_turns", [1, 7, 450, 3000])
def test_everything_stays_inside_the_drawing(n_turns):
    marks = [Mark(t, "cf_x", "confrontation", "likely", False) for t in (0, n_turns - 1)]
    span = EpisodeSpan(0, n_turns - 1, None, "unaddressed")
    lane = SimpleNamespace(
        session_id="s" * 40, session_no=1, status="held", n_turns=n_turns, marks=marks, episodes=[span]
    )
    for svg in (draw.raster([lane] * 3, longest=n_turns, name="x"), draw.session_raster(lane, ["cf_x"], {})):
        root = ElementTree.fromstring(svg)
        height = float(root.attrib["height"])
        for e in root.iter():
            x, y = (float(e.attrib.get(a, e.attrib.get(f"c{a}", 0))) for a in "xy")
            assert 0 <= x <= draw.WIDTH
            assert 0 <= y <= height


@pytest.mark.parametrize(("low", "high"), [(1, 5), (1, 7), (0, 40), (2.9, 3.1), (28, 33.3), (0, 3000)])
def test_a_scale_has_a_handful_of_round_ticks(low, high):
    ticks = draw._ticks(low, high)
    assert 1 <= len(ticks) <= 7
    assert all(low <= t <= high for t in ticks)


def test_families_and_outcomes_differ_by_more_than_colour():
    def shape(svg: str) -> str:
        return re.sub(r'(fill|stroke)="#?\w+"', "", svg)

    assert len({shape(draw.family_sign(0, 0, f, True)) for f in draw.COLOURS}) == 4
    signs = {o: draw.outcome_sign(0, 0, o) for o in draw.OUTCOMES}
    assert 'fill="#fff"' in signs["unaddressed"]
    assert 'fill="#fff"' not in signs["resolved"]
    assert signs["attempted"].count("<") == 2


def test_names_found_are_told_by_origin(page):
    row = re.search(r"<tr><td>welsh</td>(.*?)</tr>", page, re.S).group(1)
    assert re.findall(r'"n">(.*?)</td>', row) == ["80.0 %", "–", "–", "–"]
    assert "10.0 points" in text_of(page)
    assert page.index("<td>welsh</td>") < page.index(f"<td>{WORDS}</td>")

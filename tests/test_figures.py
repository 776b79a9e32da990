"""Every figure is drawn from a study, as a file that asks nothing of anybody and shows no word that was said."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.certainty import calibration
from pipeline.figures import save
from pipeline.figures_certainty import agreement_forest, calibration_curve
from pipeline.figures_repair import repair_latency_curve, transition_graph
from pipeline.figures_sessions import session_raster, trajectory
from pipeline.store import DATA_CONTRACTS, open_store
from tests.study_store import write_study

SESSION, CLIENT = "s0003_03", "c0003"


@pytest.fixture(scope="module")
def charts(tmp_path_factory):
    path = write_study(tmp_path_factory.mktemp("study") / "study.duckdb", clients=8, sessions=9, turns=100)

    def query(name: str) -> str:
        return (DATA_CONTRACTS / "queries" / f"{name}.sql").read_text()

    with open_store(path, read_only=True) as store:
        families = {r["code"]: r["family"] for r in store.rows("SELECT code, family FROM codes")}
        judged = store.rows(
            "SELECT probability, decision = 'accept' AS accepted FROM decisions JOIN coded_segments USING (segment_id)"
        )
        one = "client_id = 'c0003' AND subscale = 'total'"
        yield {
            "latency": repair_latency_curve(store.rows("SELECT * FROM rupture_repair")),
            "transitions": transition_graph(store.rows(query("code_transitions")), families),
            "raster": session_raster(
                SESSION,
                store.rows("SELECT * FROM final_codes WHERE session_id = ?", [SESSION]),
                store.rows("SELECT * FROM episodes WHERE session_id = ?", [SESSION]),
                n_turns=100,
            ),
            "trajectory": trajectory(
                CLIENT,
                store.rows(f"SELECT * FROM client_trajectory WHERE {one} ORDER BY session_no"),
                [r for r in store.rows(query("control_chart")) if (r["client_id"], r["subscale"]) == (CLIENT, "total")],
                store.rows("SELECT * FROM rupture_repair WHERE client_id = ?", [CLIENT]),
                name="WAI-SR",
            ),
            "calibration": calibration_curve(calibration([(r["probability"], r["accepted"]) for r in judged])),
            "agreement": agreement_forest(store.rows(query("agreement_per_code"))),
            "n": {
                "scores": len(store.rows(f"SELECT 1 FROM client_trajectory WHERE {one} AND score IS NOT NULL")),
                "episodes": len(store.rows("SELECT 1 FROM rupture_repair WHERE client_id = ?", [CLIENT])),
                "missed": len(store.rows("SELECT 1 FROM sessions WHERE client_id = ? AND status <> 'held'", [CLIENT])),
            },
        }


EXPECTED = {
    "latency": ["withdrawal, ", "half met within", "still without a repair move", "waiting"],
    "transitions": ["wd_minimal_response (", "rp_client_reengage ("],
    "raster": ["Session s0003_03", "withdrawal", "turn"],
    "trajectory": ["Client c0003", "unaddressed", "session"],
    "calibration": ["perfectly calibrated", "n = ", "100%"],
    "agreement": ["wd_topic_shift", "pairs", "Scott's π"],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_figure_is_drawn_offline_and_says_what_it_has_to(charts, name, tmp_path, monkeypatch):
    def no_network(*_args, **_kwargs):
        raise AssertionError("a figure reached for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    drawn = save(charts[name], tmp_path / "figure.svg").read_text(encoding="utf-8")
    said = " ".join(" ".join(t.itertext()) for t in ElementTree.fromstring(drawn).iter() if t.tag.endswith("text"))
    for words in EXPECTED[name]:
        assert words in said
    assert "NaN" not in drawn
    assert "undefined" not in drawn
    outside = set(re.findall(r"https?://[^\s\"'<)]+", drawn)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert not outside
    assert "garden" not in drawn
    assert "<image" not in drawn
    assert save(charts[name], tmp_path / "again.svg").read_text(encoding="utf-8") == drawn


def test_png_and_pdf_are_what_they_say(charts, tmp_path):
    assert save(charts["agreement"], tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert save(charts["agreement"], tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match=r"\.svg, \.png or \.pdf"):
        save(charts["agreement"], tmp_path / "f.gif")


def test_every_episode_and_every_score_is_a_mark(charts):
    top, bottom = charts["trajectory"].to_dict()["vconcat"]
    drawn = [layer["data"]["values"] for layer in top["layer"] if layer["mark"].get("color") == "#222222"]
    assert [len(values) for values in drawn] == [charts["n"]["scores"]] * 2, "a line and its points"
    dots, missed = (layer["data"]["values"] for layer in bottom["layer"])
    assert (len(dots), len(missed)) == (charts["n"]["episodes"], charts["n"]["missed"])


@pytest.mark.parametrize(
    "empty",
    [
        lambda: repair_latency_curve([]),
        lambda: transition_graph([], {}),
        lambda: session_raster("s", [], [], n_turns=0),
        lambda: trajectory("c", [], [], [], name="x"),
        lambda: calibration_curve([]),
        lambda: agreement_forest([]),
    ],
)
def test_a_study_with_nothing_to_draw_gives_an_empty_figure(empty, tmp_path: Path):
    drawn = save(empty(), tmp_path / "f.svg").read_text(encoding="utf-8")
    assert re.search(r">[^<]*(yet|tagged here|times or more)\.[^<]*<", drawn) or "not to say" in drawn
    assert "axis" not in drawn, "no empty axes that look like a result"
    assert save(empty(), tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_words_over_episodes_close_together_do_not_touch():
    codes = [{"turn_no": 1, "code": "wd_denial", "family": "withdrawal", "status": "likely"}]
    near = [{"first_turn": n, "last_turn": n + 1, "outcome": "unaddressed"} for n in (1, 4, 7, 60, 63)]
    words = session_raster("s", codes, near, n_turns=100).to_dict()["vconcat"][0]
    assert [w["lane"] for w in words["data"]["values"]] == [0, 1, 2, 0, 1]
    assert words["height"] == 45


def test_of_too_many_arrows_the_strongest_are_drawn_and_the_rest_counted(tmp_path):
    codes = [f"wd_{n}" for n in range(8)]
    many = [
        {"from_code": a, "to_code": b, "times": 9, "percent": 14.0 + n, "expected": 9.0, "z": 3.0 if n == 0 else 0.0}
        for a in codes
        for n, b in enumerate(codes)
        if a != b
    ]
    drawn = save(transition_graph(many, dict.fromkeys(codes, "withdrawal")), tmp_path / "f.svg").read_text()
    assert "26 weaker ones are left out" in drawn
    paths, heads = transition_graph(many, dict.fromkeys(codes, "withdrawal")).to_dict()["layer"][:2]
    assert len(heads["data"]["values"]) == 30
    assert sum(h["more"] for h in heads["data"]["values"]) == 7, "beyond chance before all others"
    assert {p["edge"] for p in paths["data"]["values"]} == set(range(30))

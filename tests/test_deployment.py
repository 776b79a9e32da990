"""The run from a deployment, as a lab has it at night: a real Prefect server, and a process that serves the study."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import httpx
import pytest

from tests.conftest import CHECKOUT, home_of_its_own

MINIMAL = {
    "sessions.csv": "session_id,client_id,therapist_id,session_no,date,status,transcript\n"
    "n1,c1,t1,1,2026-03-02,held,n1.txt\n",
    "consent.csv": "client_id,purpose,status,signed_on\nc1,research,granted,2026-01-05\n",
}


def wait_for(what, seconds=240):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(1)
    raise AssertionError("waited in vain")


@pytest.fixture
def server(tmp_path):
    env = home_of_its_own(tmp_path / "places")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    env |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:

        def healthy():
            try:
                return httpx.get(f"{url}/health", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_for(healthy)
        yield url, env | {"PREFECT_API_URL": url}
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_a_scheduled_study_runs_on_a_server(server, tmp_path):
    url, env = server
    study = tmp_path / "night"
    (study / "inbox").mkdir(parents=True)
    for name, body in MINIMAL.items():
        (study / name).write_text(body)
    (study / "inbox" / "n1.txt").write_text("T: What was it like, that week?\nC: Fine.\n" * 12)
    command = [
        sys.executable,
        "-c",
        "from pipeline.cli import main; main()",
        "schedule",
        str(study),
        "--cron",
        "0 2 * * *",
    ]
    serving = subprocess.Popen(
        command, env=env, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:

        def deployment():
            found = httpx.get(f"{url}/deployments/name/code-sessions/night", timeout=5)
            return found.json() if found.status_code == 200 else None

        deployed = wait_for(deployment)
        assert deployed["schedules"][0]["schedule"]["cron"] == "0 2 * * *"
        assert deployed["parameters"] == {"study_dir": str(study.resolve()), "key_file": None}
        made = httpx.post(f"{url}/deployments/{deployed['id']}/create_flow_run", json={}, timeout=30).json()

        def ended():
            run = httpx.get(f"{url}/flow_runs/{made['id']}", timeout=5).json()
            return run if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        run = wait_for(ended)
        assert run["state_type"] == "COMPLETED", run["state"].get("message")
    finally:
        os.killpg(serving.pid, signal.SIGTERM)
        serving.wait(30)
    db = duckdb.connect(study / "store" / "study.duckdb", read_only=True)
    assert db.sql("SELECT count(*) FROM turns").fetchall() == [(24,)]
    assert (study / "reports").is_dir()
    said = Path(env["PREFECT_HOME"]).rglob("*")
    assert not [p for p in said if p.is_file() and b"that week" in p.read_bytes()]
    shutil.rmtree(study)

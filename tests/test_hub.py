"""classroom/jupyterhub_config.py, run: two learners log in, open lesson 00, run its first cells,
and do not see each other's files.

Their servers are processes of whoever tests, in two home folders: other accounts need root. So what
the hub refuses is seen over HTTP, and what the system would refuse is read off the files' modes.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from classroom.begin import COURSE, copy_missing
from helpers.doctor import ROOT

LEARNERS = ("hana", "ken")
LESSON = "course/00_start_here.ipynb"
CELLS = 4
"""Code cells of lesson 00 that are run: imports, the model, its first picture, and what it is."""

PATIENCE = 600
"""Seconds for a start or a cell, on a machine that does other things as well."""

THREADS = "from helpers import threads\nprint(threads.in_force())"
PASSWORD = secrets.token_hex()


def settings(hub: int, inner: int, api: int, homes: Path) -> str:
    """The shipped settings, but for ports, accounts that need no root, and this checkout."""
    return f"""
load_subconfig({str(ROOT / "classroom" / "jupyterhub_config.py")!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{inner}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {PASSWORD!r}
c.Authenticator.allowed_users = {set(LEARNERS)!r}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {str(homes / "{username}")!r}
c.Spawner.args.append("--allow-root")  # who tests in a container is root
c.Spawner.environment |= {{"PYTHONPATH": {str(ROOT)!r}}}
c.Spawner.start_timeout = c.Spawner.http_timeout = {PATIENCE}
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(ready: Any, what: str) -> Any:
    """The first true answer of `ready`."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if answer := ready():
                return answer
        except requests.ConnectionError:
            pass
        time.sleep(1)
    raise AssertionError(f"{what} took more than {PATIENCE} s")


class Learner:
    """A browser in which somebody has logged in and started their server."""

    def __init__(self, hub: str, name: str) -> None:
        self.hub, self.name, self.session = hub, name, requests.Session()
        self.session.get(f"{hub}/hub/login")
        form = {"username": name, "password": PASSWORD, "_xsrf": self.session.cookies["_xsrf"]}
        page = self.session.post(f"{hub}/hub/login", data=form, allow_redirects=False)
        assert page.status_code == 302, page.text
        headers = {"X-XSRFToken": self.session.cookies.get("_xsrf", path="/hub/")}
        made = self.session.post(f"{hub}/hub/api/users/{name}/tokens", headers=headers, json={})
        assert made.status_code == 201, made.text
        self.headers = {"Authorization": f"token {made.json()['token']}"}

    def ask(self, path: str, method: str = "GET", **named: Any) -> requests.Response:
        """What the hub answers to this learner."""
        return requests.request(method, self.hub + path, headers=self.headers, **named)

    def start(self) -> None:
        """Starts their server and waits for it."""
        assert self.ask(f"/hub/api/users/{self.name}/server", "POST").status_code in (201, 202)
        until(lambda: self.ask(f"/user/{self.name}/api/status").status_code == 200, "a server")

    def file(self, path: str, of: str | None = None) -> requests.Response:
        """A file of their own, or of somebody else."""
        return self.ask(f"/user/{of or self.name}/api/contents/{path}")

    def run(self, cells: list[str]) -> list[dict]:
        """Runs cells in a new kernel: each one's reply, with its printed text as "printed"."""
        kernel = self.ask(f"/user/{self.name}/api/kernels", "POST", json={"name": "python3"}).json()
        return asyncio.run(asyncio.wait_for(self._run(kernel["id"], cells), PATIENCE))

    async def _run(self, kernel: str, cells: list[str]) -> list[dict]:
        address = f"{self.hub}/user/{self.name}/api/kernels/{kernel}/channels"
        line = await websocket_connect(
            HTTPRequest(address.replace("http", "ws", 1), headers=self.headers)
        )
        replies = []
        for number, source in enumerate(cells):
            message = {
                "channel": "shell",
                "header": {"msg_id": str(number), "msg_type": "execute_request", "version": "5.3",
                           "session": "test", "username": self.name, "date": ""},
                "parent_header": {},
                "metadata": {},
                "content": {"code": source, "allow_stdin": False},
            }  # fmt: skip
            await line.write_message(json.dumps(message))
            replies.append(await _reply(line, str(number)))
        line.close()
        return replies


async def _reply(line: Any, number: str) -> dict:
    """What a cell's reply says, once the cell is done and its printed text has come too."""
    reply, printed, idle = None, "", False
    while reply is None or not idle:
        message = json.loads(await line.read_message())
        if message["parent_header"].get("msg_id") != number:
            continue
        content = message["content"]
        if message["msg_type"] == "execute_reply":
            reply = content
        elif message["msg_type"] == "stream":
            printed += content["text"]
        idle |= content.get("execution_state") == "idle"
    return reply | {"printed": printed}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the learners' home folders."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def learners(tmp_path_factory: pytest.TempPathFactory, homes: Path) -> Iterator[list[Learner]]:
    """Both, logged in, each with a server that runs."""
    pytest.importorskip("jupyterhub", reason="pip install -r requirements-classroom.txt")
    if not shutil.which("configurable-http-proxy"):
        pytest.skip("configurable-http-proxy is missing: npm install -g configurable-http-proxy")
    folder = tmp_path_factory.mktemp("hub")
    hub, inner, api = free_ports(3)
    config = folder / "config.py"
    config.write_text(settings(hub, inner, api, homes), encoding="utf-8")
    environment = os.environ | {"CONFIGPROXY_AUTH_TOKEN": secrets.token_hex()}
    started: list[subprocess.Popen] = []

    def start(*command: str | Path) -> None:
        with (folder / "log").open("a", encoding="utf-8") as log:
            started.append(
                subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            )

    address = f"http://127.0.0.1:{hub}"
    try:
        # The hub gives its proxy ten seconds to begin, which a busy machine exceeds.
        inside = f"http://127.0.0.1:{inner}"
        start("configurable-http-proxy", "--ip=127.0.0.1", f"--port={hub}", "--api-ip=127.0.0.1",
              f"--api-port={api}", f"--default-target={inside}",
              f"--error-target={inside}/hub/error")  # fmt: skip
        until(lambda: requests.get(f"http://127.0.0.1:{api}/api/routes").status_code, "the proxy")
        start(sys.executable, "-m", "jupyterhub", "--config", config)

        def up() -> bool:
            assert started[-1].poll() is None, (folder / "log").read_text("utf-8")[-4000:]
            return requests.get(f"{address}/hub/health").status_code == 200

        until(up, "the hub")
        both = [Learner(address, name) for name in LEARNERS]
        for learner in both:
            learner.start()
        yield both
    finally:
        for process in reversed(
            started
        ):  # the hub, which ends the learners' servers, and the proxy
            process.terminate()
            process.wait(PATIENCE)


def test_each_learner_opens_their_copy_of_lesson_00_and_runs_it(learners):
    for learner in learners:
        answer = learner.file(LESSON)
        assert answer.status_code == 200
        lesson = nbformat.from_dict(answer.json()["content"])
        cells = [cell.source for cell in lesson.cells if cell.cell_type == "code"][:CELLS]
        *replies, last = learner.run(
            [*cells, "from helpers import threads\nprint(threads.in_force())"]
        )
        assert [reply["status"] for reply in (*replies, last)] == ["ok"] * (CELLS + 1), replies
        assert replies[3]["printed"].strip() == "(128, 128) RGB True"
        assert last["printed"].startswith("1 (decided by COURSE_THREADS)")


def test_a_learner_s_work_stays_when_the_server_begins_again(learners, homes):
    mine = homes / LEARNERS[0] / "course" / "ja" / "12_beyond.ipynb"
    mine.write_text("mine", encoding="utf-8")
    copy_missing(COURSE, homes / LEARNERS[0] / "course")
    assert mine.read_text(encoding="utf-8") == "mine"


def test_nobody_reaches_another_s_server(learners):
    hana, ken = learners
    assert hana.file(LESSON, of="hana").status_code == 200
    assert hana.file(LESSON, of="ken").status_code == 403
    assert ken.ask("/user/hana/api/kernels", "POST", json={"name": "python3"}).status_code == 403
    assert ken.ask("/hub/api/users/hana").status_code in (403, 404)
    assert requests.get(f"{ken.hub}/user/hana/api/contents/{LESSON}").status_code == 403


def test_nobody_reaches_another_s_files_through_their_own_server(learners):
    hana = learners[0]
    for path in (f"../ken/{LESSON}", f"..%2Fken%2F{LESSON}", f"course/../../ken/{LESSON}"):
        assert hana.file(path).status_code in (400, 403, 404), path


def test_the_system_lets_nobody_else_read_what_a_learner_has(learners, homes):
    for name in LEARNERS:
        written = [path for path in (homes / name / "course").rglob("*")]
        assert written
        for path in (homes / name / "course", *written):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_no_secret_stands_in_the_shipped_settings():
    text = (ROOT / "classroom" / "jupyterhub_config.py").read_text(encoding="utf-8")
    assert not re.search(r"dummy|shared|simple|password *=|token *=|allow_all", text, re.IGNORECASE)

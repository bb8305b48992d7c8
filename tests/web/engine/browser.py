"""A page in headless Chromium that tells what it computed; nothing but the standard library."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 600
"""Seconds until the page must have told something more."""


def chromium() -> str:
    """The browser; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip("the engine of the web edition is tested in Chromium: apt install chromium")
    return found


class _Handler(SimpleHTTPRequestHandler):
    """Files of a folder; what is posted to /told/NAME goes to a queue."""

    told: queue.Queue[tuple[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.told.put((self.path.removeprefix("/told/"), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def told_by(folder: Path, page: str, profile: Path) -> dict[str, Any]:
    """What a page posts to /told/NAME until it posts "end", by name.

    The browser has a graphics card, whose work its own software does.

    Args:
        folder: what is served, on this machine alone.
        page: in it.
        profile: where the browser may write.

    Raises:
        AssertionError: the page posts "failed", or nothing for `PATIENCE` seconds.
    """
    handler = type("Handler", (_Handler,), {"told": queue.Queue()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/{page}"
    card = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
    options = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *card)
    browser = subprocess.Popen(
        [chromium(), *options, "--no-first-run", f"--user-data-dir={profile}", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found: dict[str, Any] = {}
    try:
        while "end" not in found:
            name, value = handler.told.get(timeout=PATIENCE)
            assert name != "failed", value
            found[name] = value
    except queue.Empty:
        raise AssertionError(
            f"the page told nothing for {PATIENCE} s; it told {[*found]}"
        ) from None
    finally:
        browser.terminate()
        browser.wait()
        server.shutdown()
        server.server_close()
    return found

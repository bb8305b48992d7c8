"""A small server that answers huggingface_hub's client as the hub does, faults included.

It speaks what a download needs: what a model holds (`/api/models/...`), its file tree, and files by
name, large ones through a redirect to a content address, with ranges.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".bin", ".ckpt", ".msgpack")
"""Endings that the hub keeps outside git, by their sha256."""


@dataclass
class Repository:
    """A model on the server.

    Attributes:
        files: path -> content.
        refuse: (status, X-Error-Code, X-Error-Message) instead of every answer, or None.
    """

    files: dict[str, bytes]
    refuse: tuple[int, str, str] | None = None

    @property
    def sha(self) -> str:
        """The commit; it changes with the content, as git's does."""
        digest = hashlib.sha1()
        for path in sorted(self.files):
            digest.update(path.encode() + self.files[path])
        return digest.hexdigest()


def folder_files(folder: Path) -> dict[str, bytes]:
    """Path -> content of everything below a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@dataclass
class Faults:
    """What goes wrong, whatever the repository.

    Attributes:
        status: answer everything with this status.
        page: answer everything with this text as a web page.
        seconds: wait so long before every answer.
        tokens: refuse every other access token; None accepts all.
        cut: break the connection after so many bytes of a large file, each time.
        cuts_left: how often to do that.
        flip: change the last byte of every large file on its way.
    """

    status: int | None = None
    page: str | None = None
    seconds: float = 0.0
    tokens: set[str] | None = None
    cut: int | None = None
    cuts_left: int = 0
    flip: bool = False


@dataclass
class Hub:
    """The server's state, and what it was asked: (method, path, Range header)."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def start(self) -> ThreadingHTTPServer:
        """Listens on a free port of this machine, in a thread; stop with `shutdown()`."""
        handler = type("Handler", (_Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def bytes_sent_for(self, ending: str) -> list[str | None]:
        """The Range headers of the downloads of files with this ending."""
        return [ranges for method, path, ranges in self.asked
                if method == "GET" and path.endswith(ending)]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range")))
        faults = self.hub.faults
        self.hub.closing.wait(faults.seconds)
        if faults.page is not None:
            return self._send(200, faults.page.encode(), {"Content-Type": "text/html"})
        if faults.status is not None:
            return self._send(faults.status)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and faults.tokens is not None and token not in faults.tokens:
            return self._refuse(401, "", "Invalid credentials in Authorization header")
        if path.startswith("/content/"):
            return self._content(path)
        words = path.removeprefix("/api/models").strip("/").split("/")
        repository = self.hub.repositories.get("/".join(words[:2]))
        if repository is None:  # the hub does not tell strangers whether a repository exists
            return self._refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        if repository.refuse is not None:
            return self._refuse(*repository.refuse)
        if not path.startswith("/api/"):
            return self._file(repository, "/".join(words[:2]), "/".join(words[4:]))
        return self._json(_tree(repository) if "tree" in words[2:] else _info(repository, words))

    def _file(self, repository: Repository, name: str, file: str) -> None:
        commit = {"X-Repo-Commit": repository.sha}
        content = repository.files.get(file)
        if content is None:
            return self._refuse(404, "EntryNotFound", "Entry not found", commit)
        if not file.endswith(LARGE):
            return self._send(200, content, {**commit, "ETag": f'"{_git_sha(content)}"'})
        elsewhere = (
            f"http://localhost:{self.server.server_address[1]}"  # another name: another host
        )
        linked = {
            "X-Linked-Etag": f'"{_sha256(content)}"',
            "X-Linked-Size": str(len(content)),
            "Location": f"{elsewhere}/content/{name}/{_sha256(content)}/{file}",
        }
        return self._send(302, b"", commit | linked)

    def _content(self, path: str) -> None:
        _, owner, name, _, file = path.strip("/").split("/", 4)
        content, faults = self.hub.repositories[f"{owner}/{name}"].files[file], self.hub.faults
        tag = {"ETag": f'"{_sha256(content)}"', "Accept-Ranges": "bytes"}
        if faults.flip:
            content = content[:-1] + bytes([content[-1] ^ 1])
        begin = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        if begin:
            tag["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        part = content[begin:]
        if faults.cut is not None and faults.cuts_left > 0 and len(part) > faults.cut:
            faults.cuts_left -= 1
            self._send(206 if begin else 200, part, tag, stop=faults.cut)
            self.close_connection = True
            return None
        return self._send(206 if begin else 200, part, tag)

    def _refuse(
        self, status: int, code: str, message: str, more: dict[str, str] | None = None
    ) -> None:
        self._send(status, b"", {"X-Error-Code": code, "X-Error-Message": message, **(more or {})})

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        stop: int | None = None,
    ) -> None:
        """One answer; with `stop` only so many bytes of those that were announced."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:stop])


def _info(repository: Repository, words: list[str]) -> dict[str, object]:
    entries = [
        {
            "rfilename": path,
            "size": len(content),
            "blobId": _git_sha(content),
            **_lfs(path, content),
        }
        for path, content in repository.files.items()
    ]
    name = "/".join(words[:2])
    return {"_id": "0", "id": name, "modelId": name, "sha": repository.sha, "private": False,
            "tags": [], "downloads": 0, "likes": 0, "siblings": entries}  # fmt: skip


def _tree(repository: Repository) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": path, "size": len(content), "oid": _git_sha(content),
         **_lfs(path, content)}
        for path, content in repository.files.items()
    ]  # fmt: skip


def _lfs(path: str, content: bytes) -> dict[str, object]:
    if not path.endswith(LARGE):
        return {}
    digest = _sha256(content)
    return {"lfs": {"sha256": digest, "oid": digest, "size": len(content), "pointerSize": 134}}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git_sha(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

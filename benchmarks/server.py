"""`python -m benchmarks.server`: answers made once, kept in a file, and sent from there ever after.

A process of its own, so that what is measured is the contender and not what makes its answers. An answer is made when
it is asked for the first time: all are asked for before anything is measured, and `/_made` tells how many were made,
so that a run which met a new one is noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import socketserver
import threading
from pathlib import Path
from typing import NamedTuple

from benchmarks.answers import Answers, Relay
from benchmarks.work import ASKED, MADE, SEED, Work
from bitbucket_emulator import Emulator, generate_world


class Kept(NamedTuple):
    """An answer in the store's file."""

    head: bytes
    offset: int
    length: int


class Store:
    """Answers in a file, by target. Safe to share between threads."""

    def __init__(self, path: Path, answers: Relay) -> None:
        self.file = path.open("w+b", buffering=0)
        self.asked = 0
        self._answers = answers
        self._end = 0
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}

    def find(self, target: str) -> Kept:
        """The answer to a target, made now if it is new."""
        with self._lock:
            self.asked += 1
        kept = self._kept.get(target)
        return kept or self._make(target)

    @property
    def targets(self) -> list[str]:
        """What was asked for so far."""
        return list(self._kept)

    def _make(self, target: str) -> Kept:
        with self._lock:
            if target not in self._kept:
                try:
                    status, body = self._answers.answer(target)
                except ValueError as error:
                    status, body = 400, json.dumps({"type": "error", "error": {"message": str(error)}}).encode()
                self.file.write(body)
                self._kept[target] = Kept(head(status, len(body)), self._end, len(body))
                self._end += len(body)
            return self._kept[target]


def with_form(target: str, form: str) -> str:
    """The target that asks by its query alone for what `target` asks for with a form."""
    return f"{target}{'&' if '?' in target else '?'}{form}" if form else target


def head(status: int, length: int) -> bytes:
    """Status line and headers of an answer."""
    return f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


class _Handler(socketserver.StreamRequestHandler):
    """Answers on a connection for as long as the client keeps it."""

    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        """Answer until the client closes."""
        while line := self.rfile.readline():
            length = 0
            while (header := self.rfile.readline()) not in {b"\r\n", b""}:
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            _, target, _ = line.decode().split()
            self._answer(with_form(target, self.rfile.read(length).decode()))

    def _answer(self, target: str) -> None:
        store = self.server.store
        if target in {MADE, ASKED}:
            body = json.dumps(store.targets if target == MADE else store.asked).encode()
            self.request.sendall(head(200, len(body)) + body)
            return
        kept = store.find(target)
        self.request.sendall(kept.head)
        sent = 0
        while sent < kept.length:
            sent += os.sendfile(self.request.fileno(), store.file.fileno(), kept.offset + sent, kept.length - sent)


class Server(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine."""

    daemon_threads = True
    store: Store

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        """Host and port."""
        return "{}:{}".format(*self.server_address[:2])


def main() -> None:
    """Prints the address, then serves until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--pull-requests", type=int, help="multiply the emulator's rows to so many")
    parser.add_argument("--commits", type=int, help="given with --pull-requests")
    parser.add_argument("--scale", type=float, default=1.0, help="how busy the emulator's company is")
    parser.add_argument("--store", type=Path, required=True, help="file to keep answers in")
    given = parser.parse_args()
    world = generate_world(seed=SEED, repositories=3, scale=given.scale)
    with Emulator(world) as emulator, Server() as server:
        work = Work(given.pull_requests, given.commits) if given.pull_requests is not None else None
        where = (emulator.base_url, server.address)
        server.store = Store(given.store, Relay(*where) if work is None else Answers(*where, work))
        print(f"http://{server.address}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

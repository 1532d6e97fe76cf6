"""The emulator as an object: a server in a thread, and handles to what happens in it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bitbucket_emulator.server.app import create_app
from bitbucket_emulator.server.faults import Armed, Fault
from bitbucket_emulator.server.rate_limit import RateLimits
from bitbucket_emulator.server.request_log import Entry
from bitbucket_emulator.server.state import new_state
from bitbucket_emulator.world.actions import ACTIONS
from bitbucket_emulator.world.model import World

_START_TIMEOUT = 10.0


class Emulator:
    """A local Bitbucket Cloud.

    Use it as a context manager, or call `start` and `stop`. It listens on 127.0.0.1 unless told otherwise.

    Attributes:
        world: the data behind it. Change it through `act`, or hold `world.lock`.
        base_url: of the API, `http://127.0.0.1:PORT/2.0`.
        control_url: of the control interface.
        oauth_url: to which `/authorize` and `/access_token` are added.
    """

    def __init__(
        self, world: World, port: int = 0, *, host: str = "127.0.0.1", rate_limits: RateLimits | None = None
    ) -> None:
        self.world = world
        self._state = new_state(world, rate_limits)
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.base_url = self.control_url = self.oauth_url = ""

    def start(self) -> Self:
        """Listens, and returns when requests are answered. Raises OSError when the port is taken."""
        listener = socket.create_server(self._address)
        config = uvicorn.Config(
            create_app(self._state),
            http=_Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="error",
            server_header=False,
            date_header=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="bitbucket-emulator", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the emulator did not start")
            time.sleep(0.002)
        origin = f"http://{self._address[0]}:{listener.getsockname()[1]}"
        self.base_url = f"{origin}/2.0"
        self.control_url = f"{origin}/_control"
        self.oauth_url = f"{origin}/site/oauth2"
        return self

    def stop(self) -> None:
        """Stops listening and waits for the thread."""
        if self._server is not None and self._thread is not None:
            self._server.exit_now()
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def act(self, action: str, /, **arguments: Any) -> Any:
        """Lets one of `world.actions` happen; returns the record touched. Raises ActionError."""
        with self.world.lock:
            return ACTIONS[action](self.world, **arguments)

    def add_fault(self, fault: Fault) -> Armed:
        """Arms a fault; the result tells how many requests it has met, how often it struck, and what went wrong.

        Raises ValueError where it names an action or arguments that do not exist.
        """
        return self._state.faults.add(fault)

    def clear_faults(self) -> None:
        """Takes all faults away."""
        self._state.faults.clear()

    @property
    def requests(self) -> list[Entry]:
        """The requests to /2.0 so far, oldest first."""
        return list(self._state.log.entries)

    def clear_requests(self) -> None:
        """Forgets the requests so far."""
        self._state.log.clear()

    @property
    def rate_limits(self) -> RateLimits:
        """What is enforced; assign another to change it and to forget all requests counted so far."""
        return self._state.limiter.limits

    @rate_limits.setter
    def rate_limits(self, limits: RateLimits) -> None:
        self._state.limiter.limits = limits
        self._state.limiter.clear()

    def revoke_tokens(self) -> None:
        """Makes every OAuth token worthless."""
        self._state.grants.revoke()


class _Server(uvicorn.Server):
    """Stops at once. Uvicorn's own looks ten times a second, and waits for clients: too slow for hundreds of tests."""

    _loop: asyncio.AbstractEventLoop | None = None

    def exit_now(self) -> None:
        """Ends the server, from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._exit.set)

    async def main_loop(self) -> None:
        self._exit = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._exit.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # closed connections take one round to go away


class _Protocol(HttpToolsProtocol):
    """Shows the application the connection, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"transport": self.transport}  # type: ignore[dict-item]

"""Where logs and downloads really are: the API answers with an address here, which needs no credentials (FACTS 5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bitbucket_emulator.server.render.view import View
from bitbucket_emulator.world.model import Download, Pipeline, Repository, Step, World

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")  # no file is longer


def log_address(view: View, repository: Repository, pipeline: Pipeline, step: Step) -> str:
    """Where the output of a step lies."""
    return _address(view, "logs", repository.uuid, pipeline.uuid, step.uuid)


def download_address(view: View, repository: Repository, download: Download) -> str:
    """Where a file that is offered for download lies."""
    return _address(view, "downloads", repository.uuid, download.name)


def routes(world: World) -> list[Route]:
    """The routes, to be mounted at `/_storage`."""

    def log(request: Request) -> str | None:
        found = _pipeline(world, request)
        steps = [] if found is None else [each for each in found.steps if each.uuid == request.path_params["step"]]
        return "".join(f"+ {line}\n" for line in steps[0].script) if steps else None

    def download(request: Request) -> str | None:
        repository = world.repositories.get(request.path_params["repository"])
        found = None if repository is None else repository.downloads.get(request.path_params["name"])
        return None if found is None else (f"{found.name}\n" * found.size)[: found.size]

    return [
        Route("/logs/{repository}/{pipeline}/{step}", _serve(world, log)),
        Route("/downloads/{repository}/{name:path}", _serve(world, download)),
    ]


def _address(view: View, *parts: str) -> str:
    origin = view.api.removesuffix("/2.0")
    return "/".join([f"{origin}/_storage", *(quote(part, safe="") for part in parts)])


def _pipeline(world: World, request: Request) -> Pipeline | None:
    repository = world.repositories.get(request.path_params["repository"])
    return None if repository is None else repository.pipelines.get(request.path_params["pipeline"])


def _serve(world: World, read: Callable[[Request], str | None]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with world.lock:
            text = read(request)
        if text is None:
            return PlainTextResponse("Not Found", 404)
        return _part(text.encode(), request.headers.get("range"))

    return answer


def _part(body: bytes, wanted: str | None) -> Response:
    """The bytes that were asked for: 206, or 416 where there are none."""
    kind, headers = "application/octet-stream", {"Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(wanted or "")
    if match is None or match.groups() == ("", ""):
        return Response(body, 200, headers, kind)
    first, last = match.groups()
    start = int(first) if first else max(len(body) - int(last), 0)
    end = min(int(last), len(body) - 1) if first and last else len(body) - 1
    if start >= len(body) or start > end:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(body)}"}, kind)
    return Response(body[start : end + 1], 206, {**headers, "Content-Range": f"bytes {start}-{end}/{len(body)}"}, kind)

"""What dbt made of the project's files, kept for the next build: reading them anew takes a quarter of a daily one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path


@contextmanager
def parsed_project(project: Path, adapter: str, target: Path) -> Iterator[list[str]]:
    """Arguments with which dbt takes what was kept of this very project, and keeps what it had to read anew.

    Other vars, another profile or version of dbt, and dbt itself reads everything. It could also read only what
    changed since, but is never asked to: another text of the project has another place.

    Args:
        project: the directory of the dbt project.
        adapter: the name of the dbt adapter.
        target: dbt's target path, where it looks for it and leaves it.
    """
    place = _place(project, adapter)
    if place is None:
        yield ["--no-partial-parse"]
        return
    kept = b""
    with suppress(FileNotFoundError):
        kept = place.read_bytes()
    file = target / "partial_parse.msgpack"
    if kept:
        target.mkdir(exist_ok=True)
        file.write_bytes(kept)
    yield ["--partial-parse"]
    made = file.read_bytes() if file.is_file() else kept
    if made != kept:
        # a full disk, say: the next build reads the project again, and that is all
        with suppress(OSError):
            _keep(made, place, f"{adapter}-*.msgpack")


def _place(project: Path, adapter: str) -> Path | None:
    """Where it is kept, among what dlt keeps; none where that cannot be had, or others could write into it."""
    # imported late: whoever only looks at a result does not wait for it
    from dlt.common.runtime import run_context

    directory = Path(run_context.active().get_data_entity("bitbucket_source"))
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = directory.stat()
    except OSError:
        return None
    # it holds SQL that runs with the rights of whoever builds
    if os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
        return None
    return directory / f"{adapter}-{_digest(project, adapter)}.msgpack"


def _digest(project: Path, adapter: str) -> str:
    """Of all that dbt reads: the project, and the macros that come with dbt."""
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-adapters", f"dbt-{adapter}"):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for file in sorted(file for file in project.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(project)}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _keep(content: bytes, place: Path, older: str) -> None:
    """Whole or not at all, whoever reads meanwhile, and in place of those of an older project."""
    descriptor, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink()
        raise
    for other in place.parent.glob(older):
        if other != place:
            other.unlink(missing_ok=True)

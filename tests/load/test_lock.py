"""One sync at a time: with real processes, real files and a real Postgres."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import dlt
import pytest

from bitbucket_source.load.lock import LockedError, SyncLock
from bitbucket_source.load.pipeline import DestinationError, make_pipeline
from tests.processes import process

HOLD = """
import sys
from bitbucket_source.load.lock import SyncLock
from bitbucket_source.load.pipeline import make_pipeline

with SyncLock(make_pipeline("acme", destination=sys.argv[1], database="b.db"), "acme"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=["duckdb", "postgres", "filesystem"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A destination of each way to lock."""
    if request.param == "postgres":
        connection: str = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", connection.replace("@/", "@localhost:5432/"))
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "bucket"))
    monkeypatch.chdir(tmp_path)
    return str(request.param)


def lock_of(kind: str, workspace: str = "acme", *, database: str = "b.db", patience: float = 0) -> SyncLock:
    return SyncLock(make_pipeline(workspace, destination=kind, database=database), workspace, patience=patience)


@contextmanager
def held_elsewhere(kind: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told to end, or killed."""
    with process([sys.executable, "-c", HOLD, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.communicate("\n")


def lock_files(directory: Path) -> list[Path]:
    return list(directory.rglob("*.lock"))


def test_a_second_sync_is_told_who_is_at_work(kind: str) -> None:
    with held_elsewhere(kind) as process, pytest.raises(LockedError) as caught, lock_of(kind):
        pass
    named = "b.db" if kind == "duckdb" else "dataset bitbucket_raw"
    assert str(caught.value).startswith(f"Another sync is loading into {named} (pid {process.pid} on ")
    assert str(caught.value).endswith(" UTC). Wait until it has ended, or end it: its lock goes with it.")


def test_a_killed_sync_is_in_nobodys_way(kind: str, tmp_path: Path) -> None:
    with held_elsewhere(kind) as process:
        process.kill()
        process.wait()
        assert len(lock_files(tmp_path)) == (0 if kind == "postgres" else 1), "the file is left behind"
        with lock_of(kind, patience=5):
            pass
    assert lock_files(tmp_path) == []


def test_a_sync_waits_for_one_that_ends(kind: str) -> None:
    lock, entered = lock_of(kind, patience=60), threading.Event()

    def wait() -> None:
        with lock:
            entered.set()

    with ThreadPoolExecutor(1) as pool:
        with lock_of(kind):
            waiting = pool.submit(wait)
            assert not entered.wait(0.3)
        waiting.result(60)


def test_the_lock_is_free_after_an_error(kind: str) -> None:
    with pytest.raises(ZeroDivisionError), lock_of(kind):
        raise ZeroDivisionError
    with lock_of(kind, patience=5):
        pass


def test_another_workspace_is_another_lock_but_in_duckdbs_one_file(kind: str) -> None:
    refused = pytest.raises(LockedError) if kind == "duckdb" else nullcontext()
    with lock_of(kind), refused, lock_of(kind, "globex"):
        pass


def test_another_dataset_of_the_same_postgres_is_another_lock(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = postgres_server.replace("@/", "@localhost:5432/")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", connection)
    one, two = (make_pipeline("acme", destination="postgres", dataset=dataset) for dataset in ("one", "two"))
    with SyncLock(one, "acme"), SyncLock(two, "acme", patience=0):
        pass


def test_another_way_to_write_the_path_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to("b.db")
    with lock_of("duckdb"):
        for path in (str(tmp_path / "b.db"), "../" + tmp_path.name + "/b.db", "link.db"):
            with pytest.raises(LockedError), lock_of("duckdb", database=path):
                pass
        with lock_of("duckdb", database="other.db"):
            pass


def test_many_syncs_of_one_file_enter_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    locks = [lock_of("duckdb", patience=60) for _ in range(24)]
    inside: list[int] = []

    def enter(number: int) -> None:
        with locks[number]:
            inside.append(number)
            assert inside == [number]
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(len(locks))))
    assert lock_files(tmp_path) == []


@pytest.mark.parametrize("left", ["", "pid 1 on elsewhere since 2026-01-01 00:00 UTC\n", "\x00\xff not ours"])
def test_whatever_a_file_left_behind_says_it_is_harmless(left: str, tmp_path: Path) -> None:
    (tmp_path / "b.db.lock").write_text(left)
    with lock_of("duckdb", database=str(tmp_path / "b.db")):
        pass


def test_where_no_file_can_be_made_the_destination_has_the_word(tmp_path: Path) -> None:
    with lock_of("duckdb", database=str(tmp_path / "nowhere" / "b.db")):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "dlt"]


def test_a_lock_file_that_somebody_replaced_is_not_removed(tmp_path: Path) -> None:
    file = tmp_path / "b.db.lock"
    with lock_of("duckdb", database=str(tmp_path / "b.db")):
        file.unlink()
        file.write_text("another's")
    assert file.read_text() == "another's"


def test_a_postgres_that_cannot_be_reached_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://me:swordfish@127.0.0.1:9/warehouse")
    with pytest.raises(DestinationError, match="Postgres cannot be reached") as caught, lock_of("postgres"):
        pass
    assert "swordfish" not in str(caught.value)


def test_a_destination_of_ones_own_has_a_lock_too(tmp_path: Path) -> None:
    @dlt.destination
    def warehouse(_: object, __: object, /) -> None:
        """Take rows."""

    pipeline = dlt.pipeline("own", destination=warehouse, dataset_name="raw")
    with SyncLock(pipeline, "acme"), pytest.raises(LockedError, match="into dataset raw"):
        SyncLock(pipeline, "acme", patience=0).__enter__()
    assert lock_files(tmp_path) == []

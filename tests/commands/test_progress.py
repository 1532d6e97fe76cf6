"""What a sync shows while it runs."""

from __future__ import annotations

import io
import logging
import re
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from bitbucket_source.api.errors import Stopped
from bitbucket_source.commands import progress
from bitbucket_source.commands.progress import progress_line, progress_of
from bitbucket_source.session import Session
from bitbucket_source.source import make_session
from bitbucket_source.sync.agenda import Phase
from bitbucket_source.sync.repositories import Repository


class Screen(io.StringIO):
    """A stream that remembers what is written, and says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def session() -> Session:
    """A sync of two repositories, one of them finished."""
    session = make_session("acme", credentials={"access_token": "x"}, max_requests=300)
    session.agenda.repositories = [Repository(f"{{{slug}}}", slug, f"acme/{slug}", "") for slug in ("api", "web")]
    session.agenda.finished = {"{api}"}
    session.agenda.reading = {"{web}": "web pull_requests"}
    session.agenda.rows_read = 12345
    session.budget.spend("/user", session.credentials.identity)
    return session


def test_a_line_says_what_is_read_how_far_it_is_and_what_it_cost(session: Session) -> None:
    assert progress_line(session, 3725.9) == (
        "1:02:05  1 of 2 repositories, about 1:02:05 left, web pull_requests  |  1 requests, "
        "299 left of --max-requests, about 999 left this hour  |  12,345 rows read"
    )


def test_before_the_repositories_are_known_it_says_so(session: Session) -> None:
    session.agenda.repositories = None
    assert progress_line(session, 0).startswith("0:00:00  reading the workspace  |")


def test_time_left_is_told_between_the_first_repository_and_the_last(session: Session) -> None:
    session.agenda.finished = set()
    assert progress_line(session, 60).startswith("0:01:00  0 of 2 repositories, web pull_requests  |")
    session.agenda.finished = {"{api}", "{web}"}
    assert progress_line(session, 60).startswith("0:01:00  2 of 2 repositories, web pull_requests  |")


@pytest.mark.parametrize(
    ("phase", "shown"),
    [
        (Phase.RENEWAL, "reading again, 1 of 2 repositories, web pull_requests  |"),
        (Phase.AUDIT, "auditing, web pull_requests  |"),
    ],
    ids=str,
)
def test_later_phases_are_named_and_not_estimated(session: Session, phase: Phase, shown: str) -> None:
    session.agenda.phase = phase
    assert progress_line(session, 60).startswith(f"0:01:00  {shown}")


def test_what_earlier_runs_used_of_the_hour_is_not_left(session: Session) -> None:
    session.budget.add_earlier(session.credentials.identity, [(1800, 300)])
    assert "about 699 left this hour" in progress_line(session, 0)
    session.budget.add_earlier(session.credentials.identity, [(600, 700)])
    assert re.search(r"none left this hour, the next in about 0:(29:59|30:00)  \|", progress_line(session, 0))


@pytest.mark.parametrize("repositories_known", [True, False])
def test_while_it_waits_it_says_for_what(session: Session, repositories_known: bool) -> None:
    if not repositories_known:
        session.agenda.repositories = None
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(session.budget.wait, 600, "waiting for Bitbucket's hourly quota until 14:05")
        while not session.budget.waiting:
            pass
        line = progress_line(session, 60)
        session.budget.stop("enough")
        with pytest.raises(Stopped):
            wait.result(10)
    before = "1 of 2 repositories, about 0:01:00 left, " if repositories_known else ""
    assert line.startswith(f"0:01:00  {before}waiting for Bitbucket's hourly quota until 14:05  |")
    assert "hourly quota" not in progress_line(session, 60)


def test_an_exception_that_dlt_deals_with_is_a_line(session: Session) -> None:
    out, of_dlt = io.StringIO(), logging.getLogger("dlt")
    shown = logging.StreamHandler(out)
    of_dlt.addHandler(shown)
    try:
        with progress_of(session, io.StringIO()):
            try:
                raise ConnectionError("server closed\n\tthe connection")
            except ConnectionError:
                of_dlt.exception("Transient exception in job %s", "users")
                of_dlt.warning(f"Job for users retried with message {traceback.format_exc()}")
        of_dlt.warning("a\nb")
    finally:
        of_dlt.removeHandler(shown)

    assert out.getvalue().splitlines() == [
        "Transient exception in job users: server closed the connection",
        "Job for users retried with message ConnectionError: server closed the connection",
        "a",
        "b",
    ]


@pytest.mark.parametrize(("terminal", "shown"), [(True, "\r\x1b[Kno answer\n"), (False, "no answer\n")])
def test_what_is_logged_meanwhile_is_a_line_of_its_own(session: Session, terminal: bool, shown: str) -> None:
    screen = Screen(terminal=terminal)
    log = logging.getLogger("bitbucket_source")
    with progress_of(session, screen):
        log.warning("no answer")
    log.warning("not shown")
    assert shown in screen.getvalue()
    assert "not shown" not in screen.getvalue()


def show_until(screen: Screen, session: Session, pattern: str) -> str:
    with progress_of(session, screen):
        while not re.search(pattern, screen.getvalue()):
            pass
    return screen.getvalue()


def test_on_a_terminal_one_line_renews_itself_and_is_gone_at_the_end(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_ON_TERMINAL_SECONDS", 0.001)
    monkeypatch.setenv("COLUMNS", "40")
    shown = show_until(Screen(terminal=True), session, r"(?s)2 repo.*2 repo")
    assert "\n" not in shown
    before, *lines, last = shown.split("\r\x1b[K")
    assert (before, last) == ("", "")
    assert {len(line) for line in lines} == {39}


def test_elsewhere_each_line_is_plain(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_ELSEWHERE_SECONDS", 0.001)
    shown = show_until(Screen(terminal=False), session, r"(?s)2 repo.*\n.*2 repo.*\n")
    assert "\r" not in shown
    assert "\x1b" not in shown
    assert all(re.match(r"\d:\d\d:\d\d  1 of 2 repositories, about", line) for line in shown.splitlines())


def test_a_sync_that_is_over_soon_shows_nothing_elsewhere(session: Session) -> None:
    screen = Screen(terminal=False)
    with progress_of(session, screen):
        pass
    assert screen.getvalue() == ""

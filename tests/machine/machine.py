"""The state machine: a world in which anything happens, and a warehouse that follows it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.machine.counts import COUNTS
from tests.machine.deeds import DEEDS, SILENT
from tests.machine.story import Story
from tests.machine.troubles import LIES, LISTS, TROUBLES
from tests.truth.columns import COLUMNS, DEFAULT, KEPT

# what no signal tells of is rarer: after it nothing is compared before an audit
_names = st.sampled_from(sorted(DEEDS.keys() - SILENT) * 10 + sorted(SILENT))
_deed = st.tuples(_names, st.integers(0, 999))
_deeds = st.lists(_deed, min_size=1, max_size=10)
_some = st.lists(_deed, min_size=1, max_size=4)
Deeds = list[tuple[str, int]]
_paths = st.sampled_from(LISTS)
_FIRST_TABLES = ("workspaces", "projects", "workspace_members", "repositories")
_LATER_TABLES = tuple(table for table in (*DEFAULT, *KEPT) if table not in _FIRST_TABLES)


class Bitbucket(RuleBasedStateMachine):
    """Whatever people do and whatever breaks: a sync that says it is complete left the warehouse equal to the truth."""

    whole: tuple[str, ...] | None = None
    """all tables, as `Story.tables` names them"""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()

    def teardown(self) -> None:
        """At the end of every story the world stands still, and one sync makes everything equal."""
        try:
            self.all_tables()
            self.all_repositories()
            self.story.sync_in_peace()
        finally:
            self.story.close()

    @invariant()
    def count(self) -> None:
        COUNTS["steps"] += 1

    @initialize(workers=st.sampled_from((1, 1, 4)), tables=st.sampled_from((0, 0, 1, 3, 6)))
    def begin(self, workers: int, tables: int) -> None:
        self.story.workers = workers
        self.story.tables = self.whole
        if tables:
            self.story.tables = (*_FIRST_TABLES, *_LATER_TABLES[::-1][:tables])

    def people_work(self, deeds: Deeds) -> None:
        for name, choice in deeds:
            self.story.do(name, choice)

    @rule(deeds=_deeds)
    def sync_in_peace(self, deeds: Deeds) -> None:
        self.people_work(deeds)
        self.story.sync_in_peace(audit_requests="5%")

    @rule(deeds=_deeds)
    def sync_with_audit(self, deeds: Deeds) -> None:
        self.people_work(deeds)
        self.story.sync_in_peace()

    @rule(deeds=_deeds)
    def sync_everything_again(self, deeds: Deeds) -> None:
        self.people_work(deeds)
        self.story.sync_in_peace(audit_requests="5%", full_refresh=True)

    @rule(deeds=_deeds, trouble=st.sampled_from(sorted(TROUBLES)), path=_paths, every=st.integers(1, 7))
    def sync_in_trouble(self, deeds: Deeds, trouble: str, path: str, every: int) -> None:
        self.people_work(deeds)
        self.story.arm(path=path, every=every, **TROUBLES[trouble])
        self.story.sync_and_look()

    @rule(deeds=_deeds, trouble=st.sampled_from(sorted(TROUBLES)), path=_paths, times=st.integers(1, 40))
    def sync_in_trouble_that_ends(self, deeds: Deeds, trouble: str, path: str, times: int) -> None:
        self.people_work(deeds)
        self.story.arm(path=path, times=times, **TROUBLES[trouble])
        self.story.sync_and_look()

    @rule(deeds=_deeds, lie=st.sampled_from(sorted(LIES)), path=_paths, nth=st.integers(1, 9))
    def sync_that_is_lied_to(self, deeds: Deeds, lie: str, path: str, nth: int) -> None:
        self.people_work(deeds)
        self.story.arm(path=path, nth=nth, lies=True, **LIES[lie])
        self.story.sync_and_look()

    @rule(deeds=_deeds, path=_paths, status=st.sampled_from((401, 403, 555)), nth=st.integers(1, 9))
    def sync_that_fails_once(self, deeds: Deeds, path: str, status: int, nth: int) -> None:
        self.people_work(deeds)
        self.story.arm(kind="status", status=status, path=path, nth=nth)
        self.story.sync_and_look()

    @rule(deeds=_deeds, path=_paths, status=st.sampled_from((403, 404, 410, 500, 555)), page=st.integers(2, 4))
    def sync_that_fails_on_a_later_page(self, deeds: Deeds, path: str, status: int, page: int) -> None:
        self.people_work(deeds)
        # the world is so small that most lists have one page
        self.story.arm(path=path, **TROUBLES["shorter pages"])
        self.story.arm(kind="status", status=status, path=path, query=rf"\bpage={page}\b")
        self.story.sync_and_look()

    @rule(deeds=_deeds, path=_paths)
    def sync_without_access(self, deeds: Deeds, path: str) -> None:
        self.people_work(deeds)
        self.story.arm(kind="status", status=403, path=path)
        self.story.sync_and_look()

    @rule(deeds=_deeds, requests=st.integers(1, 60), again=st.sampled_from((False, False, True)))
    def sync_with_few_requests(self, deeds: Deeds, requests: int, again: bool) -> None:
        self.people_work(deeds)
        self.story.sync_and_look(max_requests=requests, full_refresh=again)

    @rule(work=_deeds, deeds=_some, path=_paths, first=st.integers(1, 6), when=st.sampled_from(("before", "after")))
    def people_work_while_a_sync_reads(self, work: Deeds, deeds: Deeds, path: str, first: int, when: str) -> None:
        self.people_work(work)
        for number, (name, choice) in enumerate(deeds):
            self.story.let_happen(name, choice, path=path, nth=first + number, when=when)
        result = self.story.sync_and_look()
        # which of the two states a row shows is open: the next sync in peace decides
        assert result is None or result.exit_code in {0, 1}

    @rule(deeds=_deeds, number=st.integers(1, 45))
    def a_sync_is_killed_at_a_request(self, deeds: Deeds, number: int) -> None:
        self.people_work(deeds)
        self.story.sync_killed_at_request(number)

    @rule(deeds=_deeds, hundredths=st.integers(1, 200))
    def a_sync_is_killed_at_some_moment(self, deeds: Deeds, hundredths: int) -> None:
        self.people_work(deeds)
        self.story.sync_killed_after(hundredths / 100)

    @rule(deeds=_deeds, when=st.sampled_from(("dies_before_job", "dies_after_job")), number=st.integers(1, 30))
    def a_sync_is_killed_between_two_load_jobs(self, deeds: Deeds, when: str, number: int) -> None:
        self.people_work(deeds)
        self.story.sync_killed_in_loading(**{when: number})

    @rule()
    def the_working_directory_vanishes(self) -> None:
        self.story.lose_the_working_directory()

    @rule()
    def a_copy_is_kept(self) -> None:
        self.story.keep_a_copy()

    @rule()
    def the_copy_is_put_back(self) -> None:
        self.story.put_the_copy_back()

    @rule()
    def all_tables(self) -> None:
        self.story.tables = self.whole

    @rule(globs=st.sampled_from((("fork*",), ("[a-l]*",), ("[m-z]*", "fork"))))
    def some_repositories(self, globs: tuple[str, ...]) -> None:
        self.story.repositories = globs

    @rule()
    def all_repositories(self) -> None:
        self.story.repositories = ()


class BitbucketOnDemand(Bitbucket):
    """The same with every table there is."""

    whole = (*COLUMNS, *KEPT)

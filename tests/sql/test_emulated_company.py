"""The models over a synced company say what its generator knows, and the questions of docs/metrics.md are answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.world.model import World
from bitbucket_source.models import build_models
from bitbucket_source.models.questions import QUESTIONS, Question
from bitbucket_source.models.reference import metrics_page
from tests.truth.syncing import sync

from .chronicle import FIGURES
from .chronicle.figure import Figure, differing
from .made_by_the_generator import Phases, change_sets, deployed, phases


@dataclass(frozen=True)
class Company:
    """What was generated, and the warehouse it was synced and modelled into."""

    world: World
    database: Path

    def query(self, query: str) -> pd.DataFrame:
        """The rows of a query."""
        with closing(duckdb.connect(str(self.database))) as connection:
            return connection.execute(query).df()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    world = generate_world(seed=11, repositories=3, people=8, years=1, scale=0.3)
    return _synced(world, tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return _synced(generate_world(), tmp_path_factory.mktemp("demo"))


def _synced(world: World, directory: Path) -> Company:
    """Synced and modelled."""
    with Emulator(world) as bitbucket:
        result = sync(bitbucket, directory / "bitbucket.duckdb", directory / "pipelines")
    assert result.exit_code == 0, result.troubles
    built = build_models(directory / "bitbucket.duckdb")
    assert built.is_ok, str(built)
    return Company(world, directory / "bitbucket.duckdb")


def test_phases_and_changes_are_those_the_generator_made(
    company: Company, record_property: Callable[[str, object], None]
) -> None:
    repositories = company.world.repositories.values()
    expected = {
        (repository.uuid, each.id): (each, phases(company.world, each), deployed(repository, landed))
        for repository in repositories
        for each in repository.pull_requests.values()
        if each.state == "MERGED" and (landed := each.merge_commit)
    }
    rows = company.query(
        "select repository_uuid, pull_request_id, coding_hours, draft_hours, pickup_hours, review_hours,"
        " merge_wait_hours, cycle_hours, epoch_us(deployed_at) as deployed"
        " from bitbucket_marts.fct_pull_requests where state = 'MERGED'"
    )
    told = {
        (str(row[0]), int(row[1])): (Phases(*row[2:8]), None if pd.isna(row[8]) else int(row[8]))
        for row in rows.itertuples(index=False)
    }
    assert set(told) == set(expected)
    assert len(told) > 15
    for key, (_, hours, moment) in expected.items():
        assert astuple(told[key][0]) == pytest.approx(astuple(hours), abs=1 / 3600), key
        assert told[key][1] == moment, key

    carried = company.query(
        "select deployment_uuid, epoch_us(started_at) as started, commit_hash"
        " from bitbucket_marts.int_bitbucket__deployment_changes where match_method = 'exact'"
    )
    found: dict[tuple[str, int], set[str]] = {}
    for row in carried.itertuples(index=False):
        found.setdefault((str(row[0]), int(row[1])), set()).add(str(row[2]))
    made = {key: commits for each in repositories for key, commits in change_sets(each).items() if commits}
    assert found == made
    record_property("figures", {"pull requests as generated": len(told), "change sets as generated": len(made)})


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_is_what_happened(
    company: Company, figure: Figure, record_property: Callable[[str, object], None]
) -> None:
    _compare(company, figure, record_property)


@pytest.mark.long
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_of_the_demo_is_what_happened(
    demo: Company, figure: Figure, record_property: Callable[[str, object], None]
) -> None:
    _compare(demo, figure, record_property)


def _compare(company: Company, figure: Figure, record_property: Callable[[str, object], None]) -> None:
    with duckdb.connect(str(company.database)) as marts:
        marts.execute("set schema = 'bitbucket_marts'")
        [(as_of,)] = marts.execute("select epoch_us(as_of_at) from int_bitbucket__as_of").fetchall()
        told = figure.told(marts)
    true = figure.of(company.world, as_of)
    different = differing(told, true)
    number = len(told.keys() | true.keys())
    print(f"{figure.name}: {len(told):,} told, {len(true):,} true, {len(different):,} differ {figure.because}")
    assert number > 0
    assert len(different) <= (1 - figure.least) * number, different[:5]
    record_property("figures", {"figures as the chronicle has them": number - len(different)})


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title)
def test_a_question_has_one_answer_in_sql_and_in_pandas(company: Company, question: Question) -> None:
    in_sql = company.query(question.sql)
    with closing(duckdb.connect(str(company.database))) as marts:
        scope: dict[str, Any] = {"marts": marts}
        exec(question.pandas, scope)
    in_pandas = scope["answer"]

    assert len(in_sql) > 0
    assert list(in_pandas.columns) == list(in_sql.columns)
    pd.testing.assert_frame_equal(in_pandas, in_sql, check_dtype=False, rtol=1e-9)


def test_the_rows_behind_each_number_can_be_looked_up(company: Company) -> None:
    queries = re.findall(r"behind a number:\n\n```sql\n(.*?)```", metrics_page(), flags=re.DOTALL)

    assert len(queries) == 10
    for query in queries:
        company.query(query)

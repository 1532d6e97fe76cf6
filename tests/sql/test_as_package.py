"""The project as a package of somebody's own dbt project: nothing collides, seeds can be replaced."""

from __future__ import annotations

from pathlib import Path

from dbt.cli.main import dbtRunner

from bitbucket_source.models.profile import profile
from bitbucket_source.models.project import project_directory

from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD

PROJECT = """
name: ours
version: "1.0.0"
profile: bitbucket_source
vars: {bitbucket_bots: our_bots}
models: {bitbucket_source: {+persist_docs: {relation: true}}}
"""


def test_our_own_project_uses_the_models(duckdb_warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    duckdb_warehouse.load(SMALL_WORLD)
    ours = tmp_path / "ours"
    files = {
        "dbt_project.yml": PROJECT,
        "packages.yml": f"packages: [{{local: {project_directory()}}}]",
        "profiles.yml": profile(duckdb_warehouse.address, marts_schema="analytics", threads=2),
        "seeds/our_bots.csv": "user_uuid,reason\n{bob},a script has his name\n",
        "models/dim_dates.sql": "select 1 as ours",
        "models/busiest.sql": "select * from {{ ref('bitbucket_source', 'bitbucket__fct_pull_requests') }}",
    }
    for path, content in files.items():
        (ours / path).parent.mkdir(parents=True, exist_ok=True)
        (ours / path).write_text(content)

    common = ["--project-dir", str(ours), "--profiles-dir", str(ours), "--log-level", "none"]
    for command in ("deps", "build"):
        outcome = dbtRunner().invoke([command, *common, "--no-send-anonymous-usage-stats"])
        assert outcome.success, outcome.exception or outcome.result

    pull_requests = duckdb_warehouse.query(
        "from analytics_bitbucket_marts.fct_pull_requests order by repository_uuid, pull_request_id"
    )
    assert [row["is_bot_author"] for row in pull_requests] == [False, False, True, True]
    assert duckdb_warehouse.query("from analytics.dim_dates") == [{"ours": 1}]
    assert len(duckdb_warehouse.query("from analytics.busiest")) == 4
    undescribed = duckdb_warehouse.query(
        "select view_name from duckdb_views() where schema_name like 'analytics\\_%' escape '\\' and comment is null"
    )
    assert undescribed == [], "what is asked of views is done with ours"

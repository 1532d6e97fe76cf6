"""Load a Bitbucket Cloud workspace into DuckDB: `python pipelines/bitbucket_pipeline.py acme`."""

import sys

import dlt

from bitbucket_source import bitbucket_source


def load(workspace: str) -> None:
    """Load what is new or changed since the last run."""
    pipeline = dlt.pipeline(
        pipeline_name=f"bitbucket_{workspace}",
        destination=dlt.destinations.duckdb("bitbucket.duckdb"),
        dataset_name="bitbucket_raw",
    )
    print(pipeline.run(bitbucket_source(workspace)))


if __name__ == "__main__":
    load(sys.argv[1])

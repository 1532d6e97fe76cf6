"""Load a Bitbucket Cloud workspace into DuckDB: `python pipelines/bitbucket_pipeline.py acme`."""

import sys
from pathlib import Path

import dlt

from bitbucket_source import bitbucket_source


def load(workspace: str) -> None:
    """Load what is new or changed since the last run."""
    pipeline = dlt.pipeline(
        pipeline_name=f"bitbucket_{workspace}",
        # dlt would take a relative path from the directory of the pipeline's first run
        destination=dlt.destinations.duckdb(str(Path("bitbucket.duckdb").absolute())),
        dataset_name="bitbucket_raw",
    )
    print(pipeline.run(bitbucket_source(workspace)))


if __name__ == "__main__":
    load(sys.argv[1])

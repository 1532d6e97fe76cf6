"""bitbucket-source: Bitbucket Cloud in your warehouse.

import dlt
from bitbucket_source import bitbucket_source

pipeline = dlt.pipeline("bitbucket_acme", destination="duckdb", dataset_name="bitbucket_raw")
pipeline.run(bitbucket_source("acme"))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitbucket_source.source import bitbucket_source

__all__ = ["bitbucket_source"]


def __getattr__(name: str) -> Any:
    # importing dlt takes a third of a second, which `bitbucket-source --help` need not wait for
    if name == "bitbucket_source":
        from bitbucket_source.source import bitbucket_source

        return bitbucket_source
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The dbt profile for a warehouse: what people otherwise write into `profiles.yml` by hand."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from bitbucket_source.models.outcome import ModelsError

PROFILE = "bitbucket_source"
SPARK_SESSION = "spark://session"
_POSTGRES_SCHEMES = ("postgresql", "postgres")
_EXPECTED = "must look like postgresql://user:password@host:5432/database"
_POSTGRES_OPTIONS = ("sslmode", "sslcert", "sslkey", "sslrootcert")


def adapter_of(warehouse: str | Path) -> str:
    """The dbt adapter that a warehouse needs: `postgres` or `spark` where the address says so, else `duckdb`."""
    scheme, separator, _ = str(warehouse).partition(":")
    if separator and scheme in _POSTGRES_SCHEMES:
        return "postgres"
    return "spark" if separator and scheme == "spark" else "duckdb"


def profile(warehouse: str | Path, *, marts_schema: str, threads: int) -> str:
    """The text of a `profiles.yml` for a DuckDB file, a Postgres connection string or this process's Spark session.

    It is JSON, which is YAML too: no value needs quoting by hand. Its schema is the one of the marts, so that the
    project's `generate_schema_name` puts every model there.

    Raises:
        ModelsError: the address cannot be read, or names no database.
    """
    adapter = adapter_of(warehouse)
    if adapter == "postgres":
        try:
            place = _postgres(str(warehouse))
        except ValueError:
            # its own words quote a piece of the password where that is not encoded
            raise ModelsError(f"The connection string {_EXPECTED}; special characters as %40 for @") from None
    elif adapter == "spark":
        place = _spark(str(warehouse))
    else:
        place = _duckdb(Path(warehouse))
    output = {**place, "schema": marts_schema, "threads": threads}
    return json.dumps({PROFILE: {"target": PROFILE, "outputs": {PROFILE: output}}})


def _duckdb(database: Path) -> dict[str, object]:
    return {"type": "duckdb", "path": str(database.resolve())}


def _spark(address: str) -> dict[str, object]:
    if address != SPARK_SESSION:
        raise ModelsError(
            f"{SPARK_SESSION} is the only address of Spark: the session of this process. "
            "A Thrift server or cluster needs a dbt profile of your own: sql/README.md"
        )
    # the adapter wants a host even where there is none to connect to
    return {"type": "spark", "method": "session", "host": "none"}


def _postgres(connection_string: str) -> dict[str, object]:
    url = urlsplit(connection_string)
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    database = unquote(url.path.lstrip("/")) or options.get("dbname", "")
    if not database:
        raise ModelsError(f"The connection string names no database. It {_EXPECTED}")
    output: dict[str, object] = {
        "type": "postgres",
        # a socket's directory comes as ?host=, as libpq has it; it wins over the host of the URL
        "host": options.get("host") or unquote(url.hostname or "localhost"),
        "port": url.port or int(options.get("port", 5432)),
        "user": unquote(url.username or "") or options.get("user", "postgres"),
        "password": unquote(url.password or "") or options.get("password", ""),
        "dbname": database,
    }
    return output | {name: options[name] for name in _POSTGRES_OPTIONS if name in options}

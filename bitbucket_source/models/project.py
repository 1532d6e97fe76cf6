"""Where the dbt project is, and the variables it has."""

import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "sql", _PACKAGE.parent / "sql")
_SCHEMAS = {"bitbucket_raw_schema", "bitbucket_schema"}
"""which `build_models` has arguments for"""


def project_directory() -> Path:
    """The dbt project: within the package of an installed wheel, beside the package in a checkout.

    Raises:
        FileNotFoundError: neither is there; the installation is incomplete.
    """
    for place in _PLACES:
        if (place / "dbt_project.yml").is_file():
            return place
    raise FileNotFoundError(f"no dbt project in {' or '.join(map(str, _PLACES))}: reinstall bitbucket-source")


def variables() -> set[str]:
    """The names of the variables that the models look at, without the schemas."""
    files = [path for folder in ("models", "macros") for path in (project_directory() / folder).rglob("*.sql")]
    return {name for path in files for name in re.findall(r"\bvar\('(\w+)'", path.read_text("utf-8"))} - _SCHEMAS

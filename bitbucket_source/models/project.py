"""Where the dbt project is."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "sql", _PACKAGE.parent / "sql")


def project_directory() -> Path:
    """The dbt project: within the package of an installed wheel, beside the package in a checkout.

    Raises:
        FileNotFoundError: neither is there; the installation is incomplete.
    """
    for place in _PLACES:
        if (place / "dbt_project.yml").is_file():
            return place
    raise FileNotFoundError(f"no dbt project in {' or '.join(map(str, _PLACES))}: reinstall bitbucket-source")

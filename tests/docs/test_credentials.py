"""What the documentation says of credentials is what the declarations, Bitbucket's own description and the code say."""

from __future__ import annotations

import re
import tomllib

import pytest

from bitbucket_emulator.server.app import endpoint_table
from bitbucket_source.api.finding import credentials_from
from bitbucket_source.login import callback_url
from bitbucket_source.tables import DATA_TABLES, Table
from tests.conftest import REPOSITORY_ROOT

README = (REPOSITORY_ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (REPOSITORY_ROOT / ".dlt" / "secrets.toml.example").read_text(encoding="utf-8")
GRANTS = {
    scope: (token_scopes, [name.strip() for name in tables.split(",")])
    for scope, token_scopes, tables in re.findall(
        r"^\| [\w ,]+: `([\w:]+)` \| (.+?) \| (.+?) \|$", README, flags=re.MULTILINE
    )
}


def test_every_table_stands_beside_its_scope() -> None:
    declared: dict[str, set[str]] = {}
    for table in DATA_TABLES:
        if table.scope:
            declared.setdefault(table.scope, set()).add(table.name)
    assert {scope: set(tables) for scope, (_, tables) in GRANTS.items()} == declared


@pytest.mark.parametrize("table", [table for table in DATA_TABLES if table.endpoint], ids=lambda table: table.name)
def test_the_scope_of_an_api_token_is_bitbuckets(table: Table) -> None:
    path = table.endpoint.replace("{granted_to}", "users")
    found = endpoint_table().find("GET", re.sub(r"\{\w+\}", "x", path))
    assert found is not None
    assert all(f"`{scope}`" in GRANTS[table.scope][0] for scope in found[0].token_scopes)
    assert found[0].token_scopes


def test_the_callback_url_is_what_login_listens_on() -> None:
    assert f"callback URL `{callback_url()}`" in README


def test_each_block_of_the_example_makes_credentials() -> None:
    blocks = re.findall(
        r"^(?:# )?(\[+sources\.bitbucket\.credentials\]+)\n((?:(?:# )?\w+ = .*\n)+)", EXAMPLE, re.MULTILINE
    )
    assert [header.count("[") for header, _ in blocks] == [1, 1, 1, 2, 2]
    for _, values in blocks:
        assert credentials_from(tomllib.loads(values.replace("# ", ""))) is not None
    assert credentials_from(tomllib.loads(EXAMPLE)["sources"]["bitbucket"]["credentials"]) is not None

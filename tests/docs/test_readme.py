"""What README and docs show is true: commands and queries run, links lead somewhere, names exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from inspect import signature
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from bitbucket_emulator import Emulator
from bitbucket_source.commands import main
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.source import make_session
from bitbucket_source.tables import TABLES
from tests.commands.conftest import COMMAND
from tests.conftest import REPOSITORY_ROOT

README = (REPOSITORY_ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    path for pattern in ("*.md", "docs/*.md", "sql/*.md", "benchmarks/*.md") for path in REPOSITORY_ROOT.glob(pattern)
]
TWO_COMMANDS = ["pip install uv && uv run bitbucket-source demo", "uv run pytest"]


def blocks(language: str) -> list[str]:
    return [block.strip() for block in re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)]


def test_the_two_commands_stand_in_the_readme_word_for_word() -> None:
    assert blocks("bash")[:2] == TWO_COMMANDS
    assert (REPOSITORY_ROOT / ".ci" / "run").read_text().rstrip().endswith(f"\n{TWO_COMMANDS[1]}")


def test_every_other_block_of_the_readme_runs(
    bitbucket: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_BASE_URL", bitbucket.base_url)
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", "emulator-workspace-token")
    monkeypatch.setenv("PATH", str(Path(COMMAND).parent), prepend=":")
    commands = [line for block in blocks("bash")[2:] for line in block.splitlines()]
    assert len(commands) >= 5
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in ({0, 3} if "--max-requests" in command else {0}), command + done.stderr
    with duckdb.connect(str(tmp_path / "bitbucket.duckdb")) as connection:
        for query in blocks("sql"):
            assert connection.execute(query).fetchall(), query
    for script in blocks("python"):
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, script + done.stderr


def test_the_pipeline_script_loads_a_workspace_into_the_directory_it_is_started_in(
    bitbucket: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_BASE_URL", bitbucket.base_url)
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", "emulator-workspace-token")
    monkeypatch.setenv("SOURCES__BITBUCKET__TABLES", '["repositories"]')
    script = REPOSITORY_ROOT / "pipelines" / "bitbucket_pipeline.py"
    for name in ("one", "another"):
        directory = tmp_path / name
        directory.mkdir()
        done = subprocess.run(
            [sys.executable, str(script), "acme"], cwd=directory, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        with duckdb.connect(str(directory / "bitbucket.duckdb")) as connection:
            assert connection.execute("select count(*) from bitbucket_raw.repositories").fetchall() == [(3,)]


def test_the_readme_names_every_table() -> None:
    section = README.split("## Tables")[1].split("\n## ")[0]
    named = {
        name.strip() for line in section.splitlines() if line.startswith("| ") for name in line.split("|")[1].split(",")
    }
    assert named - {"table"} == set(TABLES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_architecture_names_what_exists() -> None:
    text = (REPOSITORY_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+(?:\.py|/))`", text) + re.findall(r"`(bitbucket_source/\w+)`", text)
    roots = (REPOSITORY_ROOT, REPOSITORY_ROOT / "bitbucket_source")
    assert len(named) > 15
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_config_toml_lists_every_setting_with_its_default() -> None:
    text = (REPOSITORY_ROOT / ".dlt" / "config.toml").read_text(encoding="utf-8")
    offered = {*signature(make_session).parameters, *signature(make_pipeline).parameters, "tables"}
    own = {"credentials", "pipelines_dir"}  # a secret, and dlt's own setting
    named = set(re.findall(r"^(?:# )?(\w+) = ", text.split("[sources.bitbucket]")[1], flags=re.MULTILINE))
    assert named == offered - own

    defaults = {**signature(make_session).parameters, **signature(make_pipeline).parameters}
    for name, value in tomllib.loads(text)["sources"]["bitbucket"].items():
        assert value == defaults[name].default, name


def test_the_options_of_sync_are_the_settings_of_config_toml() -> None:
    text = (REPOSITORY_ROOT / ".dlt" / "config.toml").read_text(encoding="utf-8")
    settings = set(re.findall(r"^(?:# )?(\w+) = ", text.split("[sources.bitbucket]")[1], flags=re.MULTILINE))
    shown = CliRunner().invoke(main, ["sync", "--help"], terminal_width=200).stdout
    options = {name.replace("-", "_") for name in re.findall(r"^ +--([\w-]+)", shown, flags=re.MULTILINE)}
    # the workspace is the argument; the address of the token server has a variable of its own
    assert options - {"models"} == settings - {"workspace", "oauth_url"}


def test_options_named_in_the_documentation_exist() -> None:
    offered = {option for command in main.commands.values() for each in command.params for option in each.opts}
    others = {"--long", "--group"}  # of pytest, of uv
    for page in REPOSITORY_ROOT.glob("*.md"):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text(encoding="utf-8")))
        assert named - offered - others == set(), page.name


def test_the_pipeline_script_leaves_no_secret_of_secrets_toml_behind(bitbucket: Emulator, tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    secret = "emulator-workspace-token"
    (tmp_path / ".dlt" / "secrets.toml").write_text(f'[sources.bitbucket.credentials]\naccess_token = "{secret}"\n')
    script = REPOSITORY_ROOT / "pipelines" / "bitbucket_pipeline.py"
    done = subprocess.run(
        [sys.executable, str(script), "acme"],
        cwd=tmp_path,
        env={**os.environ, "BITBUCKET_BASE_URL": bitbucket.base_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secrets.toml"]
    assert any(path.name == "trace.pickle" for path in written), "the file this is about is there"
    assert [path for path in written if secret.encode() in path.read_bytes()] == []

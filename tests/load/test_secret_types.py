"""dlt finds out once for each type whether it is that of a secret, and finds what it found before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from unittest.mock import patch

import dlt
import pytest
from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ
from dlt.common.configuration.specs import BaseConfiguration, ConnectionStringCredentials, configspec
from dlt.common.configuration.specs.base_configuration import is_secret_hint
from dlt.common.typing import SecretSentinel

from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.workarounds import prepare_destination


@pytest.fixture(params=[resolve, environ], ids=["places", "environment"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """What dlt asks, once a destination is prepared."""
    prepare_destination(make_pipeline("acme", database=str(tmp_path / "b.duckdb"), pipelines_dir=str(tmp_path)))
    return vars(request.param)["is_secret_hint"]


@pytest.mark.parametrize(
    ("hint", "is_secret"),
    [
        (str, False),
        (int | None, False),
        (Literal["a", "b"], False),
        (dict[str, Any], False),
        (dlt.TSecretStrValue, True),
        (dlt.TSecretStrValue | None, True),
        (ConnectionStringCredentials, True),
        (ConnectionStringCredentials | None, True),
        (Annotated[str, SecretSentinel], True),
        (Annotated[str, "of no consequence"], False),
        (Annotated[str, ["without a hash"]], False),
        (Annotated[str, ["without a hash"], SecretSentinel], True),
    ],
    ids=str,
)
def test_it_answers_as_dlt_does(asked: Any, hint: Any, is_secret: bool) -> None:
    assert asked is not is_secret_hint
    assert (asked(hint), asked(hint), is_secret_hint(hint)) == (is_secret,) * 3


def test_it_finds_out_once(asked: Any) -> None:
    looks = 0

    class Mark:
        def __eq__(self, other: object) -> bool:
            nonlocal looks
            looks += other is SecretSentinel
            return self is other

        __hash__ = object.__hash__

    hint = Annotated[str, Mark()]
    assert not asked(hint)
    before = looks
    assert not asked(hint)
    assert looks == before > 0


@pytest.mark.usefixtures("asked")
def test_a_secret_alone_is_looked_for_among_the_files_of_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @configspec
    class Both(BaseConfiguration):
        open_word: str | None = None
        secret_word: dlt.TSecretStrValue | None = None

    monkeypatch.setattr(environ, "SECRET_STORAGE_PATH", str(tmp_path / "%s"))
    (tmp_path / "open-word").write_text("not looked at")
    (tmp_path / "secret-word").write_text("kept")
    with patch.dict(os.environ):
        found = resolve.resolve_configuration(Both())
    assert (found.open_word, found.secret_word) == (None, "kept")

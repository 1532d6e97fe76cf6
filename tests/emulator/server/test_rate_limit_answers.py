"""The hourly budget and its 429 (FACTS 7)."""

from __future__ import annotations

import re

import pytest

from bitbucket_emulator import Emulator, RateLimits
from bitbucket_emulator.world.actions import advance_clock

from ..client import Client

TEXT = "Rate limit for this resource has been exceeded"


def test_off_by_default(client: Client) -> None:
    assert {client.get("").status_code for _ in range(70)} == {200}


def test_a_rolling_hour(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=3)
    assert [client.get("").status_code for _ in range(2)] == [200, 200]
    advance_clock(emulator.world, 1800)
    assert [client.get("").status_code for _ in range(3)] == [200, 429, 429]
    advance_clock(emulator.world, 1801)
    assert [client.get("").status_code for _ in range(3)] == [200, 200, 429]


def test_a_429_as_recorded(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=0)
    response = client.get("pullrequests")
    assert (response.status_code, response.text, len(response.content)) == (429, TEXT, 46)
    assert response.headers["Content-Type"] == "text/plain"
    assert "Retry-After" not in response.headers


def test_retry_after_in_seconds(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=1, retry_after="seconds")
    client.get("")
    advance_clock(emulator.world, 600)
    wait = int(client.get("").headers["Retry-After"])
    assert wait in (2999, 3000)
    advance_clock(emulator.world, wait)
    assert client.get("").status_code == 200


def test_retry_after_as_a_date(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=1, retry_after="http_date")
    client.get("")
    date = client.get("").headers["Retry-After"]
    assert re.fullmatch(r"Fri, 20 Nov 2026 18:00:\d\d GMT", date)


def test_each_budget_is_its_owners(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=1)
    admin = ("admin@example.org", "emulator-api-token")
    assert [client.get("").status_code, client.get("").status_code] == [200, 429]
    assert [client.get("", auth=admin).status_code, client.get("", auth=admin).status_code] == [200, 429]
    other = Client(emulator, token="emulator-repository-token")
    assert other.get("").status_code == 200


def test_a_credential_may_have_its_own_limit(emulator: Emulator, client: Client) -> None:
    emulator.rate_limits = RateLimits(enforced=True)
    emulator.world.credentials["workspace"].rate_limit = 2
    assert [client.get("").status_code for _ in range(3)] == [200, 200, 429]


def test_headers_of_access_tokens(emulator: Emulator, client: Client) -> None:
    emulator.world.credentials["workspace"].rate_limit = 5
    near = [client.get("").headers["X-RateLimit-NearLimit"] for _ in range(5)]
    assert near == ["false", "false", "false", "false", "true"]
    assert client.get("").headers["X-RateLimit-Limit"] == "5"
    basic = client.get("", auth=("admin@example.org", "emulator-api-token"))
    assert not [name for name in basic.headers if name.lower().startswith("x-ratelimit")]


def test_headers_without_credentials(emulator: Emulator) -> None:
    anonymous = Client(emulator, token=None)
    headers = anonymous.get("").headers
    assert {name: headers[name] for name in headers if name.startswith("x-ratelimit")} == {
        "x-ratelimit-limit": "60, 60;w=3600",
        "x-ratelimit-remaining": "59",
        "x-ratelimit-reset": "3600",
    }


def test_without_credentials_60_an_hour(emulator: Emulator) -> None:
    emulator.rate_limits = RateLimits(enforced=True)
    anonymous = Client(emulator, token=None)
    assert [anonymous.get("").status_code for _ in range(61)].count(429) == 1


@pytest.mark.parametrize("clock", ["world", "real"])
def test_either_clock(emulator: Emulator, client: Client, clock: str) -> None:
    emulator.rate_limits = RateLimits(enforced=True, default=1, clock="real" if clock == "real" else "world")
    client.get("")
    advance_clock(emulator.world, 4000)
    assert client.get("").status_code == (200 if clock == "world" else 429)

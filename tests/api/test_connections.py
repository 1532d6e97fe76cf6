"""Proxies, certificates, compression, connections: what stands between us and Bitbucket."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from bitbucket_emulator import Emulator
from bitbucket_source.api.client import Client
from bitbucket_source.api.errors import ServerTrouble
from bitbucket_source.api.oauth import OAuthConsumer

from .reading import QUICK, commit_messages, make_client, read
from .stub_server import Reply, Request, json_reply, serving


@pytest.fixture
def proxy(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The emulator as a proxy for http://bitbucket.example."""
    monkeypatch.setenv("HTTP_PROXY", emulator.base_url.removesuffix("/2.0"))
    return "http://bitbucket.example"


def test_the_proxy_of_the_environment_is_used(emulator: Emulator, proxy: str) -> None:
    assert len(commit_messages(make_client(f"{proxy}/2.0"))) == 12
    assert len(emulator.requests) == 3


def test_a_proxy_that_cannot_be_reached_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:swordfish@127.0.0.1:9")
    with pytest.raises(ServerTrouble) as caught:
        read(make_client("https://bitbucket.example/2.0"))
    assert caught.value.why == (
        f"no answer from bitbucket.example: the proxy gives no connection; check HTTPS_PROXY ({QUICK.tries} tries)."
    )


def test_tokens_are_fetched_through_the_proxy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    token = {"access_token": "a", "token_type": "bearer"}
    with serving(lambda _: json_reply(token)) as stub:
        monkeypatch.setenv("HTTP_PROXY", stub.url)
        OAuthConsumer("id", "secret", "http://localhost").auth()
    assert [request.target for request in stub.requests] == ["http://localhost/access_token"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 that no authority has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    file = tmp_path_factory.mktemp("tls") / "127.0.0.1.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    extension = ["-addext", "subjectAltName=IP:127.0.0.1"]
    made = subprocess.run(
        [*command.split(), *extension, "-keyout", file, "-out", f"{file}.crt"], capture_output=True, check=True
    )
    assert made.returncode == 0
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


def test_a_certificate_is_trusted_by_requests_ca_bundle_only(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serving(lambda _: json_reply({"fine": True}), tls) as stub:
        with pytest.raises(ServerTrouble) as caught:
            read(make_client(stub.url))
        assert caught.value.why == (
            f"no answer from {stub.url.removeprefix('https://')}: the server's certificate is not trusted; "
            f"name your own authority's file in REQUESTS_CA_BUNDLE ({QUICK.tries} tries)."
        )
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{certificate}.crt")
        assert read(make_client(stub.url)) == {"fine": True}


def test_a_port_without_tls_is_told_as_such() -> None:
    with serving(lambda _: json_reply({"fine": True})) as stub, pytest.raises(ServerTrouble) as caught:
        read(make_client(stub.url.replace("http://", "https://")))
    assert caught.value.why == (
        f"no answer from {stub.url.removeprefix('http://')}: it does not answer in TLS; "
        f"check whether http:// is meant, or a proxy stands between ({QUICK.tries} tries)."
    )


def test_a_ca_bundle_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(ServerTrouble, match="the file that REQUESTS_CA_BUNDLE names cannot be read"):
        read(make_client("https://127.0.0.1:9"))


def test_answers_are_asked_for_and_read_compressed() -> None:
    reply = Reply(
        200, gzip.compress(b'{"fine": true}'), {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )
    with serving(lambda _: reply) as stub:
        assert read(make_client(stub.url)) == {"fine": True}
    assert "gzip" in stub.requests[0].headers["accept-encoding"]


def test_every_request_has_a_timeout(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts = []
    send = HTTPAdapter.send

    def noted(self: HTTPAdapter, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        timeouts.append(more["timeout"])
        return send(self, request, **more)

    monkeypatch.setattr(HTTPAdapter, "send", noted)
    credentials = OAuthConsumer("emulator-consumer", "emulator-consumer-secret", emulator.oauth_url)
    read(make_client(emulator.base_url, credentials=credentials))
    assert timeouts == [(10, 30), (10, 120)]


def test_threads_share_connections_and_open_no_more_than_they_need() -> None:
    at_once = threading.Barrier(8)
    connections: set[str] = set()

    def answer(request: Request) -> Reply:
        connections.add(threading.current_thread().name)
        if request.target.endswith("/together"):
            at_once.wait(10)
        return json_reply({})

    with serving(answer) as stub:
        client = make_client(stub.url)
        for path in ("/together", "/again", "/together"):
            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(lambda path: read(client, path), [path] * 8)) == [{}] * 8
    assert len(connections) == 8


def test_what_a_request_looks_like(client: Client) -> None:
    with serving(lambda _: json_reply({})) as stub:
        read(make_client(stub.url, credentials=client.credentials))
    headers = dict(stub.requests[0].headers)
    assert {name: headers[name] for name in ("accept", "user-agent", "authorization")} == {
        "accept": "application/json",
        "user-agent": "bitbucket-source",
        "authorization": "Bearer emulator-workspace-token",
    }

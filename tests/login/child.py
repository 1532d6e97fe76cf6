"""A process that is logged in: for each line it is sent, it asks who it is, and says so."""

from __future__ import annotations

import sys

from bitbucket_source.api.client import Client
from bitbucket_source.api.decode import decode_json
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import LoginStore


def main(oauth_url: str, base_url: str) -> None:
    store = LoginStore(oauth_url)
    kept = store.look()
    assert kept is not None
    client = Client(Login(store, kept), base_url=base_url)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(client.ask(client.url("/user"), "/user", decode_json).content["uuid"], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

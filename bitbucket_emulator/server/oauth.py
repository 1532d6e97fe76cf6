"""`/site/oauth2`: where OAuth consumers get their tokens, and the page where somebody agrees (FACTS 8).

A `redirect_uri` must begin with the consumer's callback URL, port included ("Use OAuth on Bitbucket Cloud", Atlassian's
support pages; hickford/git-credential-oauth#1). Bitbucket itself does not know PKCE (avivsinai/bitbucket-cli#136); a
challenge that is sent is held to here, so that a client that gets it wrong does not pass.
"""

from __future__ import annotations

import html
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bitbucket_emulator.server import auth
from bitbucket_emulator.server.grants import Grants
from bitbucket_emulator.world.model import Credential, World

_PAGE = """<!DOCTYPE html>
<html>
  <head><title>Confirm access to your account</title></head>
  <body>
    <h1>Confirm access to your account</h1>
    <p>{name} is requesting access to: {scopes}</p>
    <form method="post"><button name="authorize" value="Grant access">Grant access</button>
    <button name="authorize" value="Cancel">Cancel</button></form>
  </body>
</html>
"""


def routes(world: World, grants: Grants) -> list[Route]:
    """The routes, to be mounted at `/site/oauth2`."""

    async def access_token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        consumer = _client(world, grants, request.headers.get("authorization"), form)
        if consumer is None:
            body = {"error_description": "Invalid client credentials", "error": "unauthorized_client"}
            return JSONResponse(body, 401)
        with world.lock:
            return JSONResponse(grants.exchange(world, consumer, form))

    async def authorize(request: Request) -> Response:
        consumer = next(
            (
                each
                for each in world.credentials.values()
                if each.kind == "oauth" and each.client_id == (request.query_params.get("client_id") or None)
            ),
            None,
        )
        named = request.query_params.get("redirect_uri", "")
        callback = named or ("" if consumer is None else consumer.callback_url)
        if consumer is None or not callback or request.query_params.get("response_type") != "code":
            return HTMLResponse("<h1>Invalid request</h1>", 400)
        if not callback.startswith(consumer.callback_url):
            return HTMLResponse("<h1>Invalid redirect_uri</h1>", 400)
        if request.method == "GET":
            page = _PAGE.format(name=html.escape(consumer.name), scopes=html.escape(" ".join(sorted(consumer.scopes))))
            return HTMLResponse(page)
        agreed = dict(parse_qsl((await request.body()).decode(errors="replace"))).get("authorize") == "Grant access"
        challenge = request.query_params.get("code_challenge", "")
        answer = {"error": "access_denied"}
        if agreed:
            answer = {"code": grants.authorize(consumer, consumer.user, named, challenge)}
        if "state" in request.query_params:
            answer["state"] = request.query_params["state"]
        return RedirectResponse(f"{callback}{'&' if '?' in callback else '?'}{urlencode(answer)}", 302)

    return [
        Route("/access_token", access_token, methods=["POST"]),
        Route("/authorize", authorize, methods=["GET", "POST"]),
    ]


def _client(world: World, grants: Grants, authorization: str | None, form: dict[str, str]) -> Credential | None:
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "basic":
        client_id, _, secret = auth.decode_basic(value)
        return grants.client(world, client_id, secret)
    return grants.client(world, form.get("client_id", ""), form.get("client_secret", ""))

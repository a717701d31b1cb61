"""Who may come in: everybody, or whoever has the token, which is asked for at every address alike."""

from __future__ import annotations

__all__ = ["Access", "Door", "Stranger"]

import asyncio
import hashlib
import hmac
from urllib.parse import urlencode

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher
from tornado.web import HTTPError
from voila.handler import BaseVoilaHandler

class Access:
    """Knows the token. Who has shown it gets a cookie that proves it and does not contain it."""

    def __init__(self, token: str, base_url: str):
        self.token, self.base_url = token, base_url
        self.proof = hmac.new(token.encode(), b"mi-explorer", hashlib.sha256).hexdigest()
        self.cookie = "mi-token-" + hashlib.sha256(self.proof.encode()).hexdigest()[:8]  # servers share a host's cookies

    def is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())

    def allows(self, request: HTTPServerRequest) -> bool:
        """By the cookie, or for scripts by ``Authorization: token TOKEN``."""
        if cookie := request.cookies.get(self.cookie):
            return hmac.compare_digest(cookie.value.encode(), self.proof.encode())
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() in ("token", "bearer") and self.is_token(text)


class Stranger(Matcher):
    """Matches every request of somebody who has not shown the token, before any other rule does: pages, pictures, websockets."""

    def __init__(self, access: Access):
        self.access = access

    def match(self, request: HTTPServerRequest) -> dict | None:
        return None if self.access.allows(request) else {}


class Door(BaseVoilaHandler):
    """Asks for the token and lets in who has it, at the address that was asked for."""

    def initialize(self, access: Access, **others) -> None:
        super().initialize(**others)
        self.access = access

    async def prepare(self) -> None:
        await super().prepare()
        if self.request.method != "GET" or self.request.headers.get("Upgrade"):
            raise HTTPError(403, "This server asks for a token.")

    async def get(self) -> None:
        given = self.get_query_argument("token", "")
        if given and self.access.is_token(given):
            secure = self.request.protocol == "https"
            self.set_cookie(
                self.access.cookie, self.access.proof, path=self.access.base_url, httponly=True, samesite="Lax", secure=secure
            )
            rest = {name: values for name, values in self.request.query_arguments.items() if name != "token"}
            place = "/" + self.request.path.lstrip("/")  # //elsewhere would be another server
            self.redirect(place + ("?" + urlencode(rest, doseq=True) if rest else ""))
            return
        if given:
            await asyncio.sleep(1)  # trying many takes long
        self.set_status(403)
        self.finish(self.render_template("token.html", wrong=bool(given)))

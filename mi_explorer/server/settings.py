"""What can be said to the server when it is started, and whether that can be meant."""

from __future__ import annotations

__all__ = ["ServeError", "Settings"]

import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

from mi_explorer.server.kernels import affordable

MIN_TOKEN = 8  # characters; a shorter one is found by trying


class ServeError(RuntimeError):
    """The dashboard cannot start; the message is one sentence for the person at the terminal."""


def is_loopback(host: str) -> bool:
    """Whether only this computer itself can reach a server at this address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Settings:
    """How a dashboard is served.

    Args:
        host: the address to listen at; 0.0.0.0 is every address of this computer.
        token: what a visitor has to know; "" for nothing, "auto" for a new one.
        public: whether everybody who can reach the server may come in without a token.
        max_kernels: how many pages may be open at once.
        cull_seconds: how long a page that has lost its connection keeps its kernel.
        base_url: the path under which a proxy shows the dashboard.

    Raises:
        ServeError: something that cannot be meant.
    """

    host: str = "localhost"
    token: str = ""
    public: bool = False
    max_kernels: int = field(default_factory=affordable)
    cull_seconds: int = 15 * 60
    base_url: str = "/"

    def __post_init__(self):
        if self.token == "auto":
            object.__setattr__(self, "token", secrets.token_urlsafe(12))
        if self.token and (len(self.token) < MIN_TOKEN or not self.token.isprintable() or " " in self.token):
            raise ServeError(f"A token has at least {MIN_TOKEN} characters and no spaces; --token auto makes one.")
        if self.token and self.public:
            raise ServeError("With --token nobody comes in without it, with --public everybody does: choose one.")
        if not (is_loopback(self.host) or self.token or self.public):
            raise ServeError(
                f"At {self.host} every computer that can reach this one could open the dashboard and let it compute: "
                "say --token auto to ask visitors for a token, or --public if everybody may come in."
            )
        if not (self.base_url.startswith("/") and self.base_url.endswith("/")) or "//" in self.base_url or quote(self.base_url) != self.base_url:
            raise ServeError(f"--base-url {self.base_url!r} is not a path such as /mi/: it begins and ends with a slash.")

    def address(self, port: int) -> str:
        """Where the dashboard is, with the token that lets in whoever opens it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}{self.base_url}" + (f"?token={quote(self.token, safe='')}" if self.token else "")

    def meaning(self) -> str:
        """What it means that others can reach the server; "" if they cannot."""
        if is_loopback(self.host):
            return ""
        who = "whoever knows the token can" if self.token else "everybody who can reach this computer can"
        return f"Open to other computers: {who} run the lessons here, up to {self.max_kernels} pages at once; nobody can run code of their own."

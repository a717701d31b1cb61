"""What the broker knows of a run, and of a page that watches one."""

from __future__ import annotations

__all__ = ["Run", "Viewer", "ordinal"]

import asyncio
from dataclasses import dataclass, field


@dataclass(eq=False)
class Viewer:
    """A page. number: what it calls its run; visitor: whose page it is; paused, looks: what it wishes; behind: waits for
    another page of the same visitor; note: what it was told last, heard: when; since: when it last asked to compute."""

    identity: bytes
    number: int
    visitor: str
    paused: bool
    looks: bool
    run: Run = None
    behind: bool = False
    note: str = ""
    heard: float = 0.0
    since: float = 0.0


@dataclass(eq=False)
class Run:
    """Something that is carried out. content: what it is, None if nobody else may join; payload: what to start, the
    changes made so far included; known: steps that somebody has seen or wishes to; changes: those that were sent since; address: of the process that has it, None while it
    waits for one; saved: the states that were kept, and behind how many steps; saves: how often that was; resting: it has yielded its place; told: (paused, looks) as its process knows them; seated, left: since
    when it computes, and since when nobody watches; attempts: how often it was begun; line: who asks its process
    next."""

    key: str
    kind: str
    content: str | None
    payload: bytes
    known: int
    changes: list[dict] = field(default_factory=list)
    viewers: list[Viewer] = field(default_factory=list)
    address: str | None = None
    saved: dict[str, int] = field(default_factory=dict)
    saves: int = 0
    resting: bool = False
    told: tuple[bool, bool] | None = None
    seated: float = 0.0
    left: float = 0.0
    attempts: int = 0
    ended: bool = False
    line: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wanted(self) -> bool:
        """Whether anybody wishes it to go on."""
        return any(not viewer.paused and not viewer.behind for viewer in self.viewers)

    def looked_at(self) -> bool:
        return any(viewer.looks for viewer in self.viewers)

    @property
    def active(self) -> bool:
        return self.address is not None and not self.resting and self.wanted()


def ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"

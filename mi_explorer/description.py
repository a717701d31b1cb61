"""Descriptions of something to carry out: frozen dataclasses that travel as JSON or as a link and have a content key."""

from __future__ import annotations

__all__ = ["Description"]

import dataclasses
import hashlib
import json
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlencode

from mi_explorer.parameters import ParameterError


class Description:
    """What a frozen dataclass of plain values (numbers, text, distributions, tuples of these) can do once it is one.

    ``what`` is its name in messages.
    """

    what: ClassVar[str] = "description"

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings, ready for JSON."""
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, plain: dict):
        """What ``to_dict`` described; ParameterError for anything else. Missing fields get their defaults."""
        if not isinstance(plain, dict):
            raise ParameterError(cls.what, plain, "a dictionary of its fields")
        names = [field.name for field in dataclasses.fields(cls)]
        for name in plain:
            if name not in names:
                raise ParameterError(cls.what, name, "made of the fields " + ", ".join(names))
        return cls(**plain)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    @classmethod
    def from_json(cls, text: str):
        try:
            plain = json.loads(text, object_pairs_hook=without_twins)
        except ParameterError:
            raise
        except (ValueError, TypeError, RecursionError):
            raise ParameterError(cls.what, text, "valid JSON") from None
        return cls.from_dict(plain)

    def to_url(self, base: str = "") -> str:
        """A link: ``base#distribution=gaussian&distribution.dim=20&batch_size=64...``, every field spelled out."""
        return base + "#" + urlencode(flatten(self.to_dict()), quote_via=quote, safe="(),")

    @classmethod
    def from_url(cls, url: str):
        """What a link (or its part after #) describes; ParameterError for a broken one."""
        if not isinstance(url, str):
            raise ParameterError("link", url, "text")
        return cls.from_dict(unflatten(parse_qsl(url.rpartition("#")[2], keep_blank_values=True)))

    @property
    def key(self) -> str:
        """Sixteen characters that name this content: equal descriptions, and only they, share a key."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def plain(value: object) -> object:
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value.spec() if hasattr(value, "spec") else value


def without_twins(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object as a dictionary; a name that stands there twice leaves open which value was meant."""
    plain = {}
    for name, value in pairs:
        if name in plain:
            raise ParameterError(name[:60], "given twice", "given once")
        plain[name] = value
    return plain


def flatten(plain: dict, prefix: str = "") -> dict[str, str]:
    """{"distribution": {"name": "gaussian", "dim": 2}} -> {"distribution": "gaussian", "distribution.dim": "2"}."""
    flat = {}
    for name, value in plain.items():
        path = prefix if name == "name" and prefix else f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict):
            flat |= flatten(value, path)
        elif isinstance(value, str):
            flat[path] = value
        elif value and isinstance(value, list) and all(isinstance(part, str) for part in value):
            flat[path] = ",".join(value)
        else:
            flat[path] = json.dumps(value, separators=(",", ":"))
    return flat


def unflatten(pairs: list[tuple[str, str]]) -> dict:
    plain: dict = {}
    for path, text in pairs:
        *parents, name = path.split(".")
        if len(parents) > 8:
            raise ParameterError("link", path, "nested at most 8 deep")
        place = plain
        for parent in parents:
            inner = place.get(parent, {})
            place[parent] = inner if isinstance(inner, dict) else {"name": inner}
            place = place[parent]
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = text
        if isinstance(place.get(name), dict):  # distribution.dim came before distribution
            place, name = place[name], "name"
        if name in place:
            raise ParameterError(path[:60], "given twice", "given once")
        place[name] = value
    if isinstance(plain.get("distribution"), str):  # a family without parameters, or with its defaults
        plain["distribution"] = {"name": plain["distribution"]}
    return plain

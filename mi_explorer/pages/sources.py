"""Where everything comes from: the sources of the bounds, of the estimators and of the lessons, gathered from their own records."""

from __future__ import annotations

__all__ = ["sources"]

import html
import re

from mi_explorer.bounds import bounds
from mi_explorer.estimators import registry

ARXIV = re.compile(r"arXiv:([a-z-]+/\d{7}|\d{4}\.\d{4,5})")


def sources(lessons) -> str:
    """Markdown: a list of bounds with their promises and sources, one of sample estimators, and what each lesson reads on.

    lessons: as in ``mi_explorer.pages.LESSONS``.
    """
    told = [f"- **{escaped(one.name)}.** {escaped(one.promises)} {linked(one.source)}" for one in bounds.values()]
    samples = [f"- **{escaped(one.name)}.** {linked(one.source)}" for one in registry.values()]
    papers = []
    for lesson in lessons:
        known = {url: name for panel in lesson.panels for name, url in panel.papers}  # panels of a lesson share papers
        if known:
            links = " · ".join(f"[{escaped(name)}]({url})" for url, name in known.items())
            papers.append(f"- **{escaped(lesson.title)}** {links}")
    return "\n\n".join(
        f"### {title}\n\n" + "\n".join(lines)
        for title, lines in (("The bounds", told), ("Estimators of finished data", samples), ("Behind the lessons", papers))
    )


def escaped(text: str) -> str:
    return re.sub(r"([*_`\[\]$])", r"\\\1", html.escape(text, quote=False))


def linked(source: str) -> str:
    """A source with its arXiv numbers as links."""
    return ARXIV.sub(lambda found: f"[{found[0]}](https://arxiv.org/abs/{found[1]})", escaped(source)) + "."

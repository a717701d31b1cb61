"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["watch", "why"]

from mi_explorer.pages.watch import watch
from mi_explorer.pages.why import why

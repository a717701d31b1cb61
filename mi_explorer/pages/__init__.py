"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["own_data", "watch", "why"]

from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.watch import watch
from mi_explorer.pages.why import why

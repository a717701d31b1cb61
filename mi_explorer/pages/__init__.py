"""The lessons' pages: ``watch()``, for instance, builds one, and showing it in a notebook cell shows the page. No torch until a run."""

__all__ = ["own_data", "watch"]

from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.watch import watch

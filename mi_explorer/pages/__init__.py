"""The lessons' pages: ``watch()`` builds one, and showing it in a notebook cell shows the page. No torch until a run."""

__all__ = ["watch"]

from mi_explorer.pages.watch import watch

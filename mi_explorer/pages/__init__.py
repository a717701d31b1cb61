"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["LESSONS", "own_data", "watch", "what_is", "why"]

from mi_explorer.pages import what_is as what_is_package
from mi_explorer.pages import why as why_package
from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.watch import watch
from mi_explorer.pages.what_is import what_is
from mi_explorer.pages.why import why

#: The pages that are made of panels.
LESSONS = (what_is_package.LESSON, why_package.LESSON)

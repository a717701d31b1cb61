"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["LESSONS", "own_data", "seeing", "watch", "why"]

from mi_explorer.pages import seeing as seeing_package
from mi_explorer.pages import why as why_package
from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.seeing import seeing
from mi_explorer.pages.watch import watch
from mi_explorer.pages.why import why

#: The pages that are made of panels.
LESSONS = (why_package.LESSON, seeing_package.LESSON)

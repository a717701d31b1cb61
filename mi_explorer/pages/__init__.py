"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["LESSONS", "contrast", "own_data", "watch", "why"]

from mi_explorer.pages import contrast as contrast_package, why as why_package
from mi_explorer.pages.contrast import contrast
from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.watch import watch
from mi_explorer.pages.why import why

#: The pages that are made of panels.
LESSONS = (why_package.LESSON, contrast_package.LESSON)

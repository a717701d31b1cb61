"""The lessons' pages: each is a function; showing what it returns in a notebook cell shows the page. No torch until a run."""

__all__ = ["LESSONS", "contrast", "five_things", "generating", "own_data", "panel", "predicting", "references", "seeing", "watch", "what_is", "why"]

from mi_explorer.pages.contrast import LESSON as CONTRAST
from mi_explorer.pages.contrast import contrast
from mi_explorer.pages.five_things import LESSON as FIVE_THINGS
from mi_explorer.pages.five_things import five_things
from mi_explorer.pages.generating import LESSON as GENERATING
from mi_explorer.pages.generating import generating
from mi_explorer.pages.own_data import own_data
from mi_explorer.pages.panels import Panel
from mi_explorer.pages.predicting import LESSON as PREDICTING
from mi_explorer.pages.predicting import predicting
from mi_explorer.pages.seeing import LESSON as SEEING
from mi_explorer.pages.seeing import seeing
from mi_explorer.pages.watch import watch
from mi_explorer.pages.what_is import LESSON as WHAT_IS
from mi_explorer.pages.what_is import what_is
from mi_explorer.pages.why import LESSON as WHY
from mi_explorer.pages.why import why
from mi_explorer.parameters import ParameterError

#: The pages that are made of panels, in the order of their cards.
LESSONS = (WHAT_IS, FIVE_THINGS, WHY, CONTRAST, GENERATING, SEEING, PREDICTING)


def references():
    """The sources of everything here, for a notebook cell."""
    from IPython.display import Markdown

    from mi_explorer.pages.sources import sources

    return Markdown(sources(LESSONS))


def panel(lesson: str, key: str) -> Panel:
    """A lesson's panel, for a notebook of one's own: its ``study`` to carry out, its ``picture`` and ``headline`` of a snapshot.

    lesson: the name of the lesson's notebook; ParameterError names what there is.
    """
    known = {(one.notebook, asked.key): asked for one in LESSONS for asked in one.panels}
    if (lesson, key) not in known:
        raise ParameterError("panel", f"{lesson}, {key}", "one of " + "; ".join(f"{name}, {of}" for name, of in known))
    return known[lesson, key]

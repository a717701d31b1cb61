"""The page "Why estimates are wrong": panels are data and pure functions, one module each; ``page`` carries them."""

__all__ = ["why"]

from mi_explorer.pages.why.page import why

"""The dashboard's server: Voilà, mended where a public page needs it."""

__all__ = ["ServeError", "Settings", "configuration", "find_template", "notebooks_dir", "serve"]

from mi_explorer.server.app import configuration, find_template, notebooks_dir, serve
from mi_explorer.server.settings import ServeError, Settings

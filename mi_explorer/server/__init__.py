"""The dashboard's server: Voilà, mended where a public page needs it."""

__all__ = ["ServeError", "configuration", "find_template", "notebooks_dir", "serve"]

from mi_explorer.server.app import ServeError, configuration, find_template, notebooks_dir, serve

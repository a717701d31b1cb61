"""Binder's Jupyter server shows the dashboard as `mi-explorer serve` does: the same template, style and formulas."""

from pathlib import Path

from mi_explorer.server import configuration, find_template

find_template()
dashboard = configuration(port=8866, folder=Path("notebooks"))
c = get_config()  # noqa: F821  given by Jupyter
for section in ("VoilaConfiguration", "VoilaExporter"):
    c[section].merge(dashboard[section])

"""Rendering a notebook with templates that are compiled once, and not again for every visitor."""

from __future__ import annotations

__all__ = ["Exporter", "use_compiled_templates"]

from jinja2 import BytecodeCache
from voila import notebook_renderer
from voila.exporter import VoilaExporter


class Memory(BytecodeCache):
    """Compiled templates by name and file; jinja2 itself compares their text."""

    def __init__(self):
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


class Exporter(VoilaExporter):
    """Voilà makes an exporter for every page that is opened: this one shares what the others have compiled."""

    memory = Memory()

    @property
    def environment(self):
        environment = super().environment
        environment.bytecode_cache = self.memory
        return environment


def use_compiled_templates() -> None:
    """Put our exporter in the place of Voilà's, which has no option for it. Settings of ``VoilaExporter`` hold for ours, too."""
    notebook_renderer.VoilaExporter = Exporter

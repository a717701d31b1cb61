"""LaTeX to MathML, which browsers draw themselves: formulas need neither a script nor the network."""

from __future__ import annotations

__all__ = ["formula"]

import re
from functools import lru_cache

# TeX sets a thin space between the name of a function and what it is of; MathML does not do so by itself.
FUNCTION = re.compile(r"\\(log|exp|min|max)(?![A-Za-z])\s*(?!\s|[({_^,]|\\left|\\,|$)")


@lru_cache(maxsize=256)
def formula(latex: str, display: bool = False) -> str:
    """``latex`` as a <math> element, inline or set on its own line; the LaTeX stays readable as its alternative text."""
    import html

    from latex2mathml.converter import convert

    math = convert(FUNCTION.sub(r"\\\1\\,", latex), display="block" if display else "inline")
    return math.replace("<math ", f'<math class="mi-math" alttext="{html.escape(latex, quote=True)}" ', 1)

"""The style sheet: colours and type as CSS variables, made from the palette, and the page's own rules."""

from __future__ import annotations

__all__ = ["PageStyle", "site_css", "static", "theme_css"]

from importlib import resources

import anywidget
import traitlets

from mi_explorer.palette import CARD, STYLES


def static(name: str) -> str:
    """The text of a file in ``widgets/static``, ending in a newline."""
    return resources.files("mi_explorer.widgets").joinpath("static", name).read_text(encoding="utf-8") + "\n"


def gradient(dash: tuple[int, ...]) -> str:
    """A CSS image that shows a dash pattern; used as a mask over the curve's colour."""
    if not dash:
        return "linear-gradient(#000, #000)"
    stops, place = [], 0
    for ink, gap in zip(dash[::2], dash[1::2], strict=True):
        stops += [f"#000 {place}px {place + ink}px", f"transparent {place + ink}px {place + ink + gap}px"]
        place += ink + gap
    return f"repeating-linear-gradient(90deg, {', '.join(stops)})"


def theme_css() -> str:
    """The variables of both themes. Dark where the page (html[data-mi-theme]) or JupyterLab's theme says so."""

    def block(selector: str, lines) -> str:
        return selector + " {\n" + "".join(f"  {line};\n" for line in lines) + "}\n"

    scopes = [".mi-page", ".mi-chart", ".mi-site"]
    light = [f"--mi-card: {CARD[0]}"] + [f"--mi-c{i}: {style.light}" for i, style in enumerate(STYLES)]
    dark = [f"--mi-card: {CARD[1]}"] + [f"--mi-c{i}: {style.dark}" for i, style in enumerate(STYLES)]
    dashes = [f"--mi-dash{i}: {' '.join(map(str, style.dash))}" for i, style in enumerate(STYLES)]
    hosts = ['html[data-mi-theme="dark"]', 'body[data-jp-theme-light="false"]']
    dark_scopes = ", ".join(f"{host} {scope}" for host in hosts for scope in scopes)
    text = static("theme.css").replace("DARK", dark_scopes).replace("ANY", ", ".join(scopes))
    looks = [block(f".mi-style-{i}", [f"--c: var(--mi-c{i})", f"--d: {gradient(s.dash)}"]) for i, s in enumerate(STYLES)]
    return text + block(", ".join(scopes), light + dashes) + block(dark_scopes, dark) + "".join(looks)


def page_css() -> str:
    """The style of a page of widgets, wherever it is shown."""
    return theme_css() + static("page.css") + static("report.css") + static("teach.css")


def site_css() -> str:
    """The style of a whole served page: what the widgets bring anyway (so that nothing jumps), and the site around them."""
    return page_css() + static("site.css") + static("home.css")


class PageStyle(anywidget.AnyWidget):
    """Carries the style sheet, and a script that names what ipywidgets leaves nameless for screen readers."""

    _css = page_css()
    _esm = static("announce.js") + static("page.js")

    dark = traitlets.Bool(False, help="whether the visitor sees the dark theme; pictures are drawn for it").tag(sync=True)
    narrow = traitlets.Bool(False, help="whether the page is one column wide, as on a phone").tag(sync=True)
    inside = traitlets.Bool(False, help="whether the card .mi-inside is in sight; nobody pays for pictures that are not").tag(sync=True)

"""The dashboard: Voilà on the notebooks, with the project's own template, landing page and formulas."""

from __future__ import annotations

__all__ = ["ServeError", "Dashboard", "notebooks_dir", "serve"]

import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path

import tornado.web
from jupyter_core.paths import jupyter_path
from jupyter_server.utils import url_path_join
from traitlets.config import Config
from voila.app import Voila
from voila.exporter import VoilaMarkdownRenderer
from voila.handler import BaseVoilaHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

from mi_explorer.pool import Pool
from mi_explorer.widgets.formula import formula
from mi_explorer.widgets.style import site_css

SHARE = Path(__file__).parents[1] / "share" / "jupyter"
TEMPLATE = "mi-explorer"
LANDING = "index.ipynb"
IDLE_SECONDS = 15 * 60  # a kernel that nobody is connected to ends after this time


class ServeError(RuntimeError):
    """The dashboard cannot start; the message is one sentence for the person at the terminal."""


def notebooks_dir() -> Path:
    """The lessons: the repository's ``notebooks/`` in an editable install, else the copy that was installed."""
    for folder in (Path(__file__).parents[2] / "notebooks", Path(sys.prefix) / "share" / "mi-explorer" / "notebooks"):
        if (folder / LANDING).is_file():
            return folder
    raise ServeError("The notebooks were not found: install the package again, or name their folder.")


class MathMarkdown(VoilaMarkdownRenderer):
    """Markdown whose formulas become MathML, which the browser draws without a script and without the network."""

    def inline_math(self, body: str) -> str:
        return formula(body)

    def block_math(self, body: str) -> str:
        return f'<div class="mi-display-math" tabindex="0">{formula(body, display=True)}</div>'


class CloseTab(VoilaShutdownKernelHandler):
    """Ends a kernel when its tab is closed. A beacon cannot carry the XSRF header; the kernel's random id guards it."""

    def check_xsrf_cookie(self) -> None:
        pass


class NotFound(BaseVoilaHandler):
    """Any address that is nobody's: the site's own error page."""

    async def prepare(self) -> None:
        await super().prepare()
        raise tornado.web.HTTPError(404)


class Dashboard(Voila):
    """Voilà with the landing page at ``/``; lessons are at ``/voila/render/NAME.ipynb``."""

    def init_handlers(self) -> list:
        home = url_path_join(self.base_url, "voila/render", LANDING)
        kernel = r"([\w-]+)"
        own = [
            (self.server_url, tornado.web.RedirectHandler, {"url": home, "permanent": False}),
            (url_path_join(self.server_url, "voila/tree.*"), tornado.web.RedirectHandler, {"url": home, "permanent": False}),
            (url_path_join(self.server_url, "voila/api/shutdown", kernel), CloseTab),
        ]
        return own + super().init_handlers()

    def init_settings(self) -> dict:
        settings = super().init_settings()
        settings["voila_jinja2_env"].globals["mi_css"] = site_css()  # the error pages are given no resources
        settings["default_handler_class"] = NotFound
        settings["default_handler_args"] = {"voila_configuration": self.voila_configuration}
        return settings

    def launch_browser(self) -> None:
        threading.Thread(target=webbrowser.open, args=(self.connection_url,), daemon=True).start()


def find_template() -> None:
    """Let Jupyter find our template after Voilà's own folder: Voilà takes its themes from the first folder of all."""
    folders = [str(Path(folder).parent) for folder in jupyter_path("voila") if (Path(folder) / "themes").is_dir()]
    if not folders:
        raise ServeError("Voilà's files were not found: install it again with `pip install --force-reinstall voila`.")
    known = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys([folders[0], str(SHARE), *filter(None, known)]))


def configuration(port: int, ip: str, open_browser: bool, folder: Path) -> Config:
    """Everything that differs from Voilà's defaults."""
    config = Config()
    config.Voila.update(port=port, ip=ip, open_browser=open_browser, root_dir=str(folder.resolve()), log_level="WARN")
    config.VoilaConfiguration.update(
        template=TEMPLATE,
        theme="light",  # dark is ours: the page follows the visitor's system and a button
        allow_template_override="NO",
        allow_theme_override="NO",
        show_tracebacks=False,
        resources={"mi_css": site_css()},
    )
    config.VoilaExporter.markdown_renderer_class = MathMarkdown
    config.MappingKernelManager.update(cull_idle_timeout=IDLE_SECONDS, cull_interval=60, cull_connected=False)
    return config


def free_port(wanted: int, ip: str) -> int:
    """``wanted``, or the next free port after it."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, port))
            except OSError:
                continue
            return port
    raise ServeError(f"No free port between {wanted} and {wanted + 49}: name another one with --port.")


def serve(
    port: int = 8866, open_browser: bool = True, notebooks: str | Path | None = None, ip: str = "localhost",
    workers: int | None = None, scheduler: str | None = None, cache: str | Path | None = None,
) -> None:
    """Serve the dashboard until Ctrl+C. A port that is taken is replaced by the next free one, and a line says so.

    workers, scheduler: who computes, cache: where finished runs are kept, see ``Pool``.
    """
    folder = Path(notebooks) if notebooks is not None else notebooks_dir()
    if not folder.is_dir():
        raise ServeError(f"There is no folder {folder}.")
    find_template()
    found = free_port(port, ip)
    if found != port:
        print(f"Port {port} is taken.")
    print(f"MI Explorer is at http://{ip}:{found}/  (Ctrl+C ends it)", flush=True)
    dashboard = Dashboard.instance(config=configuration(found, ip, open_browser, folder), config_file_paths=[])
    dashboard.initialize(argv=[])
    pool = Pool(workers, scheduler, cache).start()
    os.environ.update(pool.environment)  # kernels inherit it
    try:
        dashboard.start()
    finally:
        pool.stop()

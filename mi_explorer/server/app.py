"""The dashboard: Voilà on the notebooks, with the project's own template, landing page and formulas, and with its mends."""

from __future__ import annotations

__all__ = ["Dashboard", "configuration", "find_template", "notebooks_dir", "serve"]

import os
import shutil
import socket
import tempfile
import threading
import webbrowser
from importlib import metadata
from pathlib import Path

import tornado.web
from jupyter_core.paths import jupyter_path
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.routing import Rule
from traitlets.config import Config
from voila.app import Voila
from voila.exporter import VoilaMarkdownRenderer
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import AllowListFileHandler, MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from mi_explorer.pool import Pool, memory
from mi_explorer.server.access import Access, Door, Stranger
from mi_explorer.server.kernels import Kernels
from mi_explorer.server.page import LANDING, CloseTab, LessonPage, NotFound
from mi_explorer.server.provisioner import use_warm_kernels
from mi_explorer.server.rendering import use_compiled_templates
from mi_explorer.server.settings import ServeError, Settings
from mi_explorer.server.websocket import MESSAGE_BYTES, KernelSocket
from mi_explorer.widgets.formula import formula
from mi_explorer.widgets.style import site_css

SHARE = Path(__file__).parents[1] / "share" / "jupyter"
TEMPLATE = "mi-explorer"
SOCKET_PATH = 100  # bytes that the path of a Unix socket may have, a little less than macOS takes
KERNEL_SOCKET = "/voila_12345678/kernel-12345678-1234-1234-1234-123456789012-ipc-5"
FILES = 65_536  # open files: a page needs about ten, and 1,024 is what a process is often given

#: What of Voilà is served; listings of folders, logins and themes are not.
SERVED = {
    KernelHandler: KernelHandler,
    VoilaKernelWebsocketHandler: KernelSocket,
    TornadoVoilaHandler: LessonPage,
    VoilaShutdownKernelHandler: CloseTab,
    TemplateStaticFileHandler: TemplateStaticFileHandler,
    MultiStaticFileHandler: MultiStaticFileHandler,
    FileFindHandler: FileFindHandler,
    AllowListFileHandler: AllowListFileHandler,
}


def notebooks_dir() -> Path:
    """The lessons: the repository's ``notebooks/`` in an editable install, else the copy that was installed."""
    beside = Path(__file__).parents[2] / "notebooks"
    if (beside / LANDING).is_file():
        return beside
    try:
        # Where data lie depends on who installed: below an environment, /usr/local with Debian's own Python, ~/.local with --user.
        installed = [Path(file.locate()) for file in metadata.files("mi-explorer") or () if file.name == LANDING]
    except metadata.PackageNotFoundError:
        installed = []
    for file in installed:
        if file.is_file():
            return file.resolve().parent
    raise ServeError("The notebooks were not found: install the package again, or name their folder.")


class MathMarkdown(VoilaMarkdownRenderer):
    """Markdown whose formulas become MathML, which the browser draws without a script and without the network."""

    def inline_math(self, body: str) -> str:
        return formula(body)

    def block_math(self, body: str) -> str:
        return f'<div class="mi-display-math" tabindex="0">{formula(body, display=True)}</div>'


class Dashboard(Voila):
    """Voilà with the landing page at ``/``; lessons are at ``/voila/render/NAME.ipynb``. ``terms`` say how it is served."""

    terms = Settings()

    def init_handlers(self) -> list:
        home = {"url": url_path_join(self.base_url, "voila/render", LANDING), "permanent": False}
        lists = [self.server_url, url_path_join(self.server_url, "voila/tree.*")]
        rules = [(pattern, tornado.web.RedirectHandler, home) for pattern in lists]
        for pattern, handler, *options in super().init_handlers():
            if handler in SERVED:
                rules.append((pattern, SERVED[handler], *options))
        if self.terms.token:
            access = Access(self.terms.token, self.base_url)
            rules.insert(0, Rule(Stranger(access), Door, {"voila_configuration": self.voila_configuration, "access": access}))
        return rules

    def init_settings(self) -> dict:
        settings = super().init_settings()
        settings["voila_jinja2_env"].globals["mi_css"] = site_css()  # the error pages are given no resources
        settings["default_handler_class"] = NotFound
        settings["default_handler_args"] = {"voila_configuration": self.voila_configuration}
        settings["websocket_max_message_size"] = MESSAGE_BYTES
        return settings

    def launch_browser(self) -> None:
        threading.Thread(target=webbrowser.open, args=(self.terms.address(self.port),), daemon=True).start()

    def stop(self) -> None:
        self.kernel_manager.max_kernels = 0
        self.ioloop.run_sync(self.kernel_manager.shutdown_all)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def find_template() -> None:
    """Let Jupyter find our template after Voilà's own folder: Voilà takes its themes from the first folder of all."""
    folders = [str(Path(folder).parent) for folder in jupyter_path("voila") if (Path(folder) / "themes").is_dir()]
    if not folders:
        raise ServeError("Voilà's files were not found: install it again with `pip install --force-reinstall voila`.")
    known = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys([folders[0], str(SHARE), *filter(None, known)]))


def configuration(port: int, folder: Path, open_browser: bool = False, terms: Settings | None = None) -> Config:
    """Everything that differs from Voilà's defaults."""
    terms = terms or Settings()
    config = Config()
    config.Voila.update(
        port=port, ip=terms.host, base_url=terms.base_url, open_browser=open_browser, root_dir=str(folder.resolve()), log_level="WARN",
    )
    config.VoilaConfiguration.update(
        template=TEMPLATE,
        theme="light",  # dark is ours: the page follows the visitor's system and a button
        allow_template_override="NO",
        allow_theme_override="NO",
        show_tracebacks=False,
        multi_kernel_manager_class=Kernels,
        resources={"mi_css": site_css()},
    )
    config.VoilaExporter.markdown_renderer_class = MathMarkdown
    # Seconds that a cell's output may take to arrive behind its end; what has not come by then is missing on the page. Jupyter's four are
    # too few where a hundred pages open at once.
    config.VoilaExecutor.iopub_timeout = 60
    config.MappingKernelManager.update(
        cull_idle_timeout=terms.cull_seconds, cull_interval=max(1, min(60, terms.cull_seconds // 4)),
    )
    # It would count, and drop, what a page draws; a browser that does not keep up is found out by what waits for it (websocket.py).
    config.ZMQChannelsWebsocketConnection.limit_rate = False
    config.Kernels.max_kernels = terms.max_kernels
    config.KernelManager.shutdown_wait_time = 1  # seconds, then it is killed: a kernel has nothing to save
    config.KernelRestarter.restart_limit = 0  # a kernel that has died would come back without its page
    if can_use_sockets():
        config.KernelManager.transport = "ipc"
    return config


def can_use_sockets() -> bool:
    """Whether kernels can be reached by Unix sockets, of which no two servers choose the same, as they do with free ports."""
    return hasattr(socket, "AF_UNIX") and len(tempfile.gettempdir() + KERNEL_SOCKET) <= SOCKET_PATH


def allow_files() -> None:
    """Let this process open as many files as it may."""
    try:
        import resource
    except ImportError:  # not a Unix system, and no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_port(wanted: int, host: str) -> int:
    """``wanted``, or the next free port after it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, wanted + 50):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ServeError(f"No free port between {wanted} and {wanted + 49} at {host}: name another one with --port.")


def serve(
    port: int = 8866, open_browser: bool = True, notebooks: str | Path | None = None, terms: Settings | None = None,
    workers: int | None = None, scheduler: str | None = None, cache: str | Path | None = None,
) -> None:
    """Serve the dashboard until Ctrl+C. A port that is taken is replaced by the next free one, and a line says so.

    terms: who may come in, and how many. workers, scheduler: who computes, cache: where finished runs are kept, see ``Pool``.
    """
    terms = terms or Settings()
    folder = Path(notebooks) if notebooks is not None else notebooks_dir()
    if not folder.is_dir():
        raise ServeError(f"There is no folder {folder}.")
    find_template()
    allow_files()
    found = free_port(port, terms.host)
    if found != port:
        print(f"Port {port} is taken.")
    if meaning := terms.meaning():
        print(meaning)
    Dashboard.terms = terms
    config = configuration(found, folder, open_browser, terms)
    use_warm_kernels(config)
    use_compiled_templates()
    dashboard = Dashboard.instance(config=config, config_file_paths=[])
    dashboard.initialize(argv=[])
    memory.settle()
    pool = Pool(workers, scheduler, cache).start()
    os.environ.update(pool.environment)  # kernels inherit it
    address = f"MI Explorer is at {terms.address(found)}  (Ctrl+C ends it)"
    IOLoop.current().add_callback(print, address, flush=True)  # when it listens, not before
    try:
        dashboard.start()
    finally:
        pool.stop()

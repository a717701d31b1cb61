"""The pages: a notebook with its kernel, the landing page without one, and what is said when there is no page to show."""

from __future__ import annotations

__all__ = ["LANDING", "CloseTab", "LessonPage", "NotFound"]

import secrets

import tornado.web
from voila.handler import BaseVoilaHandler
from voila.notebook_renderer import NotebookRenderer
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_page_config

from mi_explorer.server.kernels import Full

LANDING = "index.ipynb"
FOR_READING = (LANDING, "lecturers-guide.ipynb")
VISITOR_COOKIE = "mi-visitor"  # until the browser is closed: of one visitor's pages one computes at a time
RETRY_SECONDS = 8  # after which the page of a full server tries again by itself


class LessonPage(TornadoVoilaHandler):
    """A notebook as a page, with a kernel of its own. Nobody waits for those that are only for reading."""

    kernel_id = ""  # set by Kernels.start_kernel
    visitor = ""  # read by Kernels.start_kernel: whose page it is, for the pool's sake

    @tornado.web.authenticated
    async def get(self, path: str = "") -> None:
        if path in FOR_READING and (renderer := await self.without_kernel(path)):
            async for html, _ in renderer:
                self.write(html)
            return
        self.visitor = self.get_cookie(VISITOR_COOKIE) or secrets.token_hex(8)
        self.set_cookie(VISITOR_COOKIE, self.visitor, path=self.base_url, httponly=True, samesite="Lax")
        try:
            await super().get(path)
        except Full:
            self.set_status(503)
            self.set_header("Retry-After", str(RETRY_SECONDS))
            self.finish(self.render_template("full.html", places=self.kernel_manager.max_kernels, seconds=RETRY_SECONDS))

    def on_connection_close(self) -> None:
        """The visitor has left before the page was there."""
        super().on_connection_close()
        if self.kernel_id:
            self.kernel_manager.end(self.kernel_id)

    async def without_kernel(self, path: str):
        """The pieces of a page for reading, or None if it has code to run."""
        settings = {"base_url": self.base_url, "settings": self.settings, "log": self.log}
        renderer = NotebookRenderer(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.traitlet_config,
            notebook_path=path,
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config=get_page_config(**settings, voila_configuration=self.voila_configuration),
        )
        await renderer.initialize()
        cells = renderer.notebook.cells
        if any(cell.cell_type == "code" and "skip-execution" not in cell.metadata.get("tags", []) for cell in cells):
            return None
        self.set_header("Cache-Control", "no-cache")
        return renderer.exporter.generate_from_notebook_node(
            renderer.notebook,
            resources=renderer.resources,
            extra_context={"frontend": "", "kernel_start": lambda _: "", "cell_generator": lambda notebook, _: notebook.cells},
            page_config=renderer.page_config,
        )


class CloseTab(VoilaShutdownKernelHandler):
    """Ends a kernel when its tab is closed. A beacon cannot carry the XSRF header; the kernel's random id guards it."""

    def check_xsrf_cookie(self) -> None:
        pass

    @tornado.web.authenticated
    async def post(self, kernel_id: str) -> None:
        self.kernel_manager.end(kernel_id)  # the browser waits for nothing, and may say it twice
        self.set_status(204)


class NotFound(BaseVoilaHandler):
    """Any address that is nobody's: the site's own error page."""

    async def prepare(self) -> None:
        await super().prepare()
        raise tornado.web.HTTPError(404)

"""The warm parent: a process that has imported all that a page needs, and from which the dashboard's kernels are forked.

``provisioner.py`` starts it as a script, because importing ``mi_explorer.server`` would load the whole web server. It has no thread,
no event loop and no ZeroMQ context, for none of these survives a fork, and no torch, which would be each kernel's to pay for.

On its socket it gets one line of JSON for each kernel, {"argv": the kernel's arguments, "env": {...}, "cwd": a folder or null}, and
answers with the number of the new process and a descriptor of it (pidfd). When the socket closes, the server is gone: so goes the
parent, and the kernels with it.
"""

from __future__ import annotations

import ctypes
import gc
import json
import logging
import os
import pkgutil
import signal
import socket
import sys
from functools import partial
from importlib import import_module

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# What a kernel imports only while it starts
LATER = (
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic", "ipykernel.debugger",
    "psutil", "tornado.platform.asyncio",
)
libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != folder]  # put there for a script: its neighbours are no top-level modules
    channel = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # a collection would write into the pages of memory that the kernels are to share
    load()
    gc.collect()
    gc.freeze()
    request = fork_on_request(channel)
    if request:
        run_kernel(**request)


def load() -> None:
    """Import what a page needs now or later, and draw one picture: matplotlib finds its fonts on the first."""
    # OpenBLAS would start threads while it is loaded. matplotlib reads MPLBACKEND then, and ipykernel would set it to this. ipywidgets
    # would repeat to the browser what it has said, for others who look at the same page: there are none.
    os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="module://matplotlib_inline.backend_inline", JUPYTER_WIDGETS_ECHO="0")
    sys.modules["debugpy"] = None  # a visitor debugs nothing, and it would cost each kernel 14 MB
    import ipykernel.ipkernel
    import ipykernel.kernelapp  # noqa: F401  before ipywidgets: it says how widgets reach the page

    import anywidget  # noqa: F401
    import ipywidgets  # noqa: F401
    import pandas  # noqa: F401

    import mi_explorer.pages  # noqa: F401
    from mi_explorer import figures
    from mi_explorer.figures.canvas import new_figure
    from mi_explorer.widgets.formula import formula

    for name in [*LATER, *(module.name for module in pkgutil.iter_modules(figures.__path__, "mi_explorer.figures."))]:
        import_module(name)
    figure, (axis,) = new_figure()
    axis.set_title(r"$\rho$")
    figures.to_bytes(figure)
    formula(r"\rho")


def fork_on_request(channel: socket.socket) -> dict | None:
    """Fork a process for each request. Returns in every child, with its request, and in the parent when the server is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the server watches the kernels: here they leave no zombies
    parent = os.getpid()
    requests = channel.makefile("rb")
    for line in requests:
        try:
            child = os.fork()
        except OSError as problem:  # too many processes, say: those that run go on
            channel.sendall(str(problem).encode())
            continue
        if child == 0:
            requests.close()
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before we asked to be told
                os._exit(1)
            return json.loads(line)
        descriptor = os.pidfd_open(child)
        socket.send_fds(channel, [b"%d" % child], [descriptor])
        os.close(descriptor)
    return None


def run_kernel(argv: list[str], env: dict[str, str], cwd: str | None) -> None:
    """Be an IPython kernel, like one that was started by ``python -m ipykernel_launcher ARGV``."""
    import ipywidgets
    import numpy

    from mi_explorer.runners.niceness import PAGES, step_back

    step_back(PAGES)  # into a session of its own, too: an interrupt goes to a kernel and what it started, not to its siblings
    os.environ.clear()
    os.environ.update(env)
    if cwd:
        os.chdir(cwd)
    sys.argv[1:] = argv
    numpy.random.seed()  # else all kernels would draw the same numbers; the standard library's generator sees to itself
    gc.enable()
    app = kernel_app()
    # 1: no thread that looks every second whether the parent lives, the operating system does that. And as nobody will ask for the
    # history of what was typed, no thread and no file for it either.
    app.initialize([*argv, "--IPKernelApp.parent_handle=1", "--HistoryManager.enabled=False"])
    ipywidgets.register_comm_target()  # the import did it for the parent, which has no kernel
    be_quiet_until_asked()
    app.start()


def kernel_app():
    """The application of an IPython kernel without what costs a page time with every message, more than the page itself needs:
    a thread that hands them to subshells, which no page has; records of what nobody wants to read; and waiting until all is printed
    where nothing was."""
    from ipykernel.iostream import OutStream
    from ipykernel.kernelapp import IPKernelApp

    class PageKernelApp(IPKernelApp):
        def init_control(self, context):
            super().init_control(context)
            self.shell_channel_thread = None

    flush = OutStream.flush
    OutStream.flush = lambda stream: flush(stream) if getattr(stream, "_flush_pending", True) else None
    logging.disable(logging.DEBUG)
    return PageKernelApp.instance()


def be_quiet_until_asked() -> None:
    """Keep the messages about widgets to ourselves until a browser says something about widgets: each asks for all of them when it comes.

    Before that nobody could show them, but the server would open and read every one of the hundreds that a page begins with. Output
    widgets are told nonetheless: it is the server that fills them while the notebook is executed.
    """
    from ipykernel.comm.comm import BaseComm
    from ipykernel.kernelbase import Kernel

    kernel, publish = Kernel.instance(), BaseComm.publish_msg
    handlers = {kind: kernel.shell_handlers[kind] for kind in ("comm_open", "comm_msg", "comm_info_request")}
    outputs = set()

    def publish_output(comm, kind, data=None, *rest, **facts):
        if data and data.get("state", {}).get("_model_name") == "OutputModel":
            outputs.add(comm.comm_id)
        if comm.comm_id in outputs:
            publish(comm, kind, data, *rest, **facts)

    def asked(kind, *message):
        BaseComm.publish_msg = publish
        BaseComm.kernel = kernel  # else set by the first message of each, and without it a widget sends nothing
        kernel.shell_handlers.update(handlers)
        return handlers[kind](*message)

    BaseComm.publish_msg = publish_output
    kernel.shell_handlers.update({kind: partial(asked, kind) for kind in handlers})


if __name__ == "__main__":
    main()

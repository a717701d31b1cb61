"""``mi-explorer serve`` and ``mi-explorer lab``: the dashboard, and the lessons in JupyterLab."""

from __future__ import annotations

__all__ = ["add", "serve"]

import argparse

from mi_explorer.cli.common import Refusal, count


def add(commands) -> None:
    one = commands.add("serve", "serve the dashboard in the browser (what a bare mi-explorer does)", serve)
    add_server_options(one)
    one.add_argument("--workers", type=count(1, 1024), metavar="N", help="computing processes, shared by all visitors (default: cores)")
    one.add_argument("--scheduler", metavar="ADDRESS", help="compute on the cluster of this Dask scheduler instead, such as tcp://host:8786")
    one.add_argument("--cache", metavar="DIR", help="where finished runs are kept for the next visitor (default: the user's cache folder)")
    one.add_argument("--host", metavar="ADDRESS", help="where to listen (default: localhost), for instance 0.0.0.0 (then with --token or --public)")
    one.add_argument("--token", metavar="TEXT", help="what visitors have to know; auto makes one and prints it")
    one.add_argument("--public", action="store_true", help="let in everybody who can reach the server")
    one.add_argument("--max-kernels", type=count(1, 10_000), metavar="N", help="pages open at once (default: as memory allows, at most 100)")
    one.add_argument("--cull-seconds", type=count(1, 1_000_000), metavar="N", help="how long a page without a connection is kept (default: 900)")
    one.add_argument("--base-url", metavar="PATH", help="the path under which a proxy shows the dashboard, such as /mi/")
    one = commands.add(
        "lab", "open the lessons in JupyterLab", lab,
        epilog="Other options go to JupyterLab as they are, for instance --allow-root or --ip.",
    )
    add_server_options(one)
    one.set_defaults(passes_on=True)


def add_server_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--port", type=count(1, 65535), metavar="N", help="where to listen (the next free port if it is taken)")
    one.add_argument("--no-browser", action="store_true", help="do not open a browser")


def serve(options: argparse.Namespace, _: list[str]) -> int:
    from mi_explorer import server

    chosen = {"port": options.port} if options.port else {}
    chosen |= {name: getattr(options, name) for name in ("workers", "scheduler", "cache") if getattr(options, name, None)}
    terms = ("host", "token", "public", "max_kernels", "cull_seconds", "base_url")
    said = {name: getattr(options, name) for name in terms if getattr(options, name, None)}
    try:
        server.serve(open_browser=not options.no_browser, terms=server.Settings(**said), **chosen)
    except server.ServeError as problem:
        raise Refusal(problem) from None
    return 0


def lab(options: argparse.Namespace, rest: list[str]) -> int:
    from jupyterlab.labapp import LabApp

    from mi_explorer import server

    try:
        folder = server.notebooks_dir()
    except server.ServeError as problem:
        raise Refusal(problem) from None
    arguments = [f"--ServerApp.root_dir={folder}", "--LabApp.default_url=/lab/tree/index.ipynb"]
    arguments += [f"--ServerApp.port={options.port}"] if options.port else []
    arguments += ["--no-browser"] if options.no_browser else []
    LabApp.launch_instance(arguments + rest)
    return 0

"""Kernels forked from a warm parent: they are as good as others, strangers to each other, and gone when their server is."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.multikernelmanager import AsyncMultiKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from traitlets.config import Config
from waiting import wait_for

from mi_explorer.runners import niceness
from mi_explorer.server import provisioner, warm
from mi_explorer.server.provisioner import WarmParent, WarmProvisioner, can_fork, use_warm_kernels

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system has no process descriptors: kernels are started as ever")


@pytest.fixture(scope="module")
def config():
    """A server's configuration, whose kernels come from one warm parent for all tests."""
    KernelProvisionerFactory.clear_instance()  # one of an earlier test knows nothing of this configuration
    chosen = Config()
    use_warm_kernels(chosen)
    yield chosen
    WarmProvisioner.parent_process.stop()
    KernelProvisionerFactory.clear_instance()


class Kernel:
    """A kernel that has started, and a client of it."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client
        self.process = psutil.Process(manager.provisioner.pid)

    async def say(self, code: str) -> str:
        """What a cell prints; an error is an error here."""
        printed = []

        def hear(message):
            printed.append(message["content"].get("text", "") if message["msg_type"] == "stream" else "")

        reply = await self.client.execute_interactive(code, output_hook=hear, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed).strip()


async def started(managers, **options) -> Kernel:
    manager = managers.get_kernel(await managers.start_kernel(kernel_name="python3", **options))
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    return Kernel(manager, client)


def with_kernels(config, body, count=1, **options):
    """Run ``await body(kernel, ...)`` with so many kernels, and end them."""

    async def run():
        managers = AsyncMultiKernelManager(config=config)
        kernels = []
        try:
            for _ in range(count):
                kernels.append(await started(managers, **options))
            return await body(*kernels)
        finally:
            for kernel in kernels:
                kernel.client.stop_channels()
            await managers.shutdown_all(now=True)
            managers.context.destroy(linger=0)

    return asyncio.run(run())


def test_a_forked_kernel_is_warm_and_does_what_it_is_told(config, tmp_path):
    async def body(kernel):
        assert kernel.process.ppid() == WarmProvisioner.parent_process.process.pid
        assert await kernel.say("import sys; print('mi_explorer.pages' in sys.modules, 'torch' in sys.modules)") == "True False"
        assert await kernel.say("import os; print(os.getcwd(), os.environ['WHO'], os.getsid(0) == os.getpid())") == f"{tmp_path} me True"
        assert await kernel.say("import threading; print([t.name for t in threading.enumerate()].count('MainThread'))") == "1"
        await kernel.say("import mi_explorer; page = mi_explorer.pages.watch()")

    with_kernels(config, body, cwd=str(tmp_path), env={**os.environ, "WHO": "me"})


def test_a_page_steps_back_for_the_server_and_what_computes_for_both(config):
    """Also where Linux weighs sessions and not processes: then the session has the niceness."""
    own = os.getpriority(os.PRIO_PROCESS, 0)

    async def body(kernel):
        assert kernel.process.nice() == min(own + niceness.PAGES, 19)
        return Path(f"/proc/{kernel.process.pid}/autogroup").read_text() if Path("/proc/self/autogroup").exists() else ""

    grouped = with_kernels(config, body)
    assert not grouped or grouped.split()[-1] == str(niceness.PAGES)
    assert 0 < niceness.PAGES < niceness.WORKERS <= 19


def test_kernels_draw_different_numbers(config):
    async def body(*kernels):
        code = "import random, uuid, numpy; print(random.random(), numpy.random.rand(), uuid.uuid4())"
        drawn = [(await kernel.say(code)).split() for kernel in kernels]
        assert all(one != other for one, other in zip(*drawn, strict=True))

    with_kernels(config, body, count=2)


def test_the_transport_may_be_ipc(config):
    async def body(kernel):
        assert await kernel.say("print(6 * 7)") == "42"

    with_kernels(Config({**config, "KernelManager": {"transport": "ipc"}}), body)


def test_widgets_are_silent_until_a_browser_asks_but_an_output_widget_is_not(config):
    async def body(kernel):
        opened = []

        def hear(message):
            if message["msg_type"] in ("comm_open", "comm_msg"):
                opened.append(message["content"]["data"].get("state", {}).get("_model_name", message["msg_type"]))

        await kernel.client.execute_interactive("import ipywidgets; slider = ipywidgets.IntSlider()", output_hook=hear)
        assert opened == []
        await kernel.client.execute_interactive("output = ipywidgets.Output()", output_hook=hear)
        assert opened == ["OutputModel"]
        comm = {"comm_id": "asker", "target_name": "jupyter.widget.control", "data": {}}
        kernel.client.shell_channel.send(kernel.client.session.msg("comm_open", comm, metadata={"version": "1.0.0"}))
        ask = kernel.client.session.msg("comm_msg", {"comm_id": "asker", "data": {"method": "request_states"}})
        kernel.client.shell_channel.send(ask)
        answer = await of_kind(kernel.client, "comm_msg")
        assert "IntSliderModel" in {state["model_name"] for state in answer["content"]["data"]["states"].values()}
        opened.clear()
        await kernel.client.execute_interactive("slider.value = 3", output_hook=hear)
        assert opened == ["comm_msg"]

    async def of_kind(client, kind):
        while True:
            message = await client.get_iopub_msg(timeout=60)
            if message["msg_type"] == kind:
                return message

    with_kernels(config, body)


def test_a_message_costs_no_more_than_it_must(config):
    """No thread hands it on, nothing is said that nobody reads, and nobody waits for what was not printed."""
    counted = """
import logging, threading
from ipykernel.iostream import OutStream
scheduled, flush = [], OutStream._flush
OutStream._flush = lambda stream: (scheduled.append(stream.name), flush(stream))
print([thread.name for thread in threading.enumerate() if "hell" in thread.name], logging.getLogger("any").isEnabledFor(logging.DEBUG))
"""

    async def body(kernel):
        assert await kernel.say(counted) == "[] False"
        assert await kernel.say("print(scheduled.count('stderr'), 'stdout' in scheduled)") == "0 True"
        model = await kernel.say("import ipywidgets; slider = ipywidgets.IntSlider(); print(slider.model_id)")
        move = {"comm_id": model, "data": {"method": "update", "state": {"value": 7}, "buffer_paths": []}}
        kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", move))
        heard = []
        while "status idle" not in heard:
            message = await kernel.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_type") == "comm_msg":
                heard.append(f"{message['msg_type']} {message['content'].get('execution_state', '')}")
        assert heard == ["status busy", "status idle"]  # and no echo between them
        assert await kernel.say("print(slider.value)") == "7"

    with_kernels(config, body)


def test_interrupt_restart_and_kill(config):
    async def body(kernel):
        asked = kernel.client.execute("import time\nprint('busy', flush=True)\ntime.sleep(600)")
        while (await kernel.client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
            pass
        await kernel.manager.interrupt_kernel()
        reply = await kernel.client.get_shell_msg(timeout=60)
        while reply["parent_header"]["msg_id"] != asked:
            reply = await kernel.client.get_shell_msg(timeout=60)
        assert reply["content"]["ename"] == "KeyboardInterrupt"

        before = kernel.process
        await kernel.manager.restart_kernel(now=True)
        await kernel.client.wait_for_ready(timeout=60)
        assert kernel.manager.provisioner.pid != before.pid and not before.is_running()
        assert await kernel.say("print(6 * 7)") == "42"

        assert await kernel.manager.is_alive()
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        assert await kernel.manager.provisioner.wait() == 0
        assert not await kernel.manager.is_alive()
        assert not any(child.status() == psutil.STATUS_ZOMBIE for child in parent().children())

    with_kernels(config, body)


def parent() -> psutil.Process:
    return psutil.Process(WarmProvisioner.parent_process.process.pid)


def test_a_parent_that_died_is_started_again_and_its_kernels_do_not_outlive_it(config):
    async def body(kernel):
        dead = parent()
        dead.kill()
        wait_for(lambda: not kernel.process.is_running())
        await kernel.manager.provisioner.send_signal(signal.SIGINT)  # nobody is there, and nobody minds

        async def again(new):
            assert new.process.ppid() == parent().pid != dead.pid
            assert await new.say("print(6 * 7)") == "42"

        await asyncio.to_thread(with_kernels, config, again)

    with_kernels(config, body)


def test_the_parent_has_one_thread_and_no_torch(tmp_path):
    """What would not survive a fork, or would be paid for by every kernel."""
    with forking() as family:
        family.fork(argv=["-f", str(tmp_path / "kernel.json")], env=dict(os.environ), cwd=None)  # it has loaded everything when it answers
        process = psutil.Process(family.process.pid)
        assert process.num_threads() == 1
        mapped = [entry.path for entry in process.memory_maps()]
        assert not any("torch" in path for path in mapped)
        assert any("numpy" in path for path in mapped)  # so that the line above means something


@contextmanager
def forking():
    family = WarmParent()
    try:
        yield family
    finally:
        family.stop()


def test_a_fork_that_fails_is_answered_and_ends_nobody(monkeypatch):
    def refuse():
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"{}\n")
        ours.shutdown(socket.SHUT_WR)
        assert warm.fork_on_request(theirs) is None  # the parent goes when the server has gone, and not before
        assert ours.recv(100) == b"no more processes"
    family = WarmParent()
    family.channel, theirs = socket.socketpair()
    with family.channel, theirs:
        theirs.sendall(b"no more processes")
        with pytest.raises(OSError, match="no more processes"):
            family.ask(b"{}\n")


SERVER = """
import os, runpy, sys, time
family = runpy.run_path(sys.argv[1])["WarmParent"]()
kernel = family.fork(argv=["-f", sys.argv[2]], env=dict(os.environ), cwd=None)
print(family.process.pid, kernel.pid, flush=True)
time.sleep(600)
"""


def test_nobody_outlives_a_server_that_is_killed(tmp_path):
    command = [sys.executable, "-c", SERVER, provisioner.__file__, str(tmp_path / "kernel.json")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        family = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        assert len(family) == 2
    finally:
        server.kill()
        server.wait()
    wait_for(lambda: not any(process.is_running() for process in family), seconds=20)


def test_the_dashboard_forks_its_kernels_and_takes_them_along():
    command = [sys.executable, "-m", "mi_explorer.cli", "serve", "--no-browser", "--port", "8955"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        wait_for(lambda: answers(address))
        with urllib.request.urlopen(f"{address}voila/render/what-is-mutual-information.ipynb", timeout=60) as page:
            assert "application/vnd.jupyter.widget-view+json" in page.read().decode()
        family = psutil.Process(server.pid).children(recursive=True)
        (kernel,) = [one for one in family if str(provisioner.SCRIPT) in one.cmdline() and one.ppid() != server.pid]
        assert kernel.parent().ppid() == server.pid
    finally:
        server.terminate()
        server.wait(30)
    wait_for(lambda: not any(process.is_running() for process in family), seconds=20)


def answers(address: str) -> bool:
    with suppress(OSError), socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), 1):
        return True
    return False


def test_a_start_that_is_given_up_leaves_no_kernel_behind(config, tmp_path):
    async def give_up():
        file = str(tmp_path / "kernel.json")  # nobody is left to take it away
        manager = AsyncKernelManager(config=config, parent=AsyncMultiKernelManager(config=config), connection_file=file)
        starting = asyncio.ensure_future(manager.start_kernel())
        while not asking:  # the thread is on its way
            await asyncio.sleep(0.01)
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        go_on.set()
        while not born:
            await asyncio.sleep(0.01)
        while not born[0].ended(0.01):
            await asyncio.sleep(0.01)

    asking, born, go_on = [], [], threading.Event()
    fork = WarmParent.fork

    def slowly(self, **request):
        asking.append(request)
        go_on.wait(60)
        born.append(fork(self, **request))
        return born[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WarmParent, "fork", slowly)
        asyncio.run(asyncio.wait_for(give_up(), 60))


def test_without_process_descriptors_kernels_are_started_as_ever(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    config = Config()
    use_warm_kernels(config)
    assert not config


def test_other_kernels_than_plain_python_are_started_as_ever(config, monkeypatch):
    monkeypatch.setattr(WarmParent, "fork", lambda *_, **__: pytest.fail("forked"))
    launched = []

    async def launch(self, cmd, **_):
        launched.append(cmd)

    monkeypatch.setattr(provisioner.LocalProvisioner, "launch_kernel", launch)
    manager = AsyncKernelManager()
    for argv in (["julia", "kernel.jl"], ["/other/bin/python", "-m", "ipykernel_launcher", "-f", "x"], [sys.executable, "-m", "other"]):
        one = WarmProvisioner(kernel_spec=KernelSpec(argv=argv), parent=manager)
        asyncio.run(one.launch_kernel(argv, env={}))
    assert len(launched) == 3


def test_a_kernel_that_cannot_be_forked_is_started_from_scratch(config, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(WarmParent, "fork", refuse)

    async def body(kernel):
        assert kernel.process.ppid() == os.getpid()
        assert await kernel.say("print(6 * 7)") == "42"

    with_kernels(config, body)

"""How the dashboard starts its kernels: forked from a warm parent process where the system can do that, else as Jupyter does."""

from __future__ import annotations

__all__ = ["WarmParent", "WarmProvisioner", "can_fork", "use_warm_kernels"]

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets.config import Config

NAME = "mi-explorer-warm"
SCRIPT = Path(__file__).with_name("warm.py")
LAUNCHER = "ipykernel_launcher"  # the module that a plain Python kernel's command runs
PATIENCE = 60  # seconds until a parent that does not answer is taken for dead; loading takes it about two


def can_fork() -> bool:
    """Whether this system has what forked kernels need: Linux does, with process descriptors, since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class ForkedProcess:
    """A kernel that is the warm parent's child, not ours, with as much of ``subprocess.Popen`` as a LocalProvisioner uses.

    Its exit code went to its parent: whoever asks hears 0.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int):
        self.pid, self.descriptor = pid, descriptor

    def __del__(self):
        os.close(self.descriptor)

    def ended(self, seconds: float | None) -> bool:
        """Whether the process has ended, or does within so many seconds (None: whenever)."""
        waiting = select.poll()  # select() itself refuses descriptors above 1023
        waiting.register(self.descriptor, select.POLLIN)
        return bool(waiting.poll(None if seconds is None else 1000 * seconds))

    def poll(self) -> int | None:
        return 0 if self.ended(0) else None

    def wait(self) -> int:
        self.ended(None)
        return 0

    def send_signal(self, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended, which Popen takes as quietly
            signal.pidfd_send_signal(self.descriptor, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class WarmParent:
    """The process of ``warm.py``, started again when it has died. It ends with this one, however this one ends."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        self.channel: socket.socket | None = None

    def start(self) -> None:
        """Start the process, unless it runs, and return at once: it answers when it has loaded everything."""
        if self.process and self.process.poll() is None:
            return
        self.stop()
        self.channel, theirs = socket.socketpair()
        self.channel.settimeout(PATIENCE)
        with theirs:
            command = [sys.executable, str(SCRIPT), str(theirs.fileno())]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True)

    def stop(self) -> None:
        """End the process, and with it all its kernels."""
        if self.process:
            self.channel.close()
            self.process.kill()
            self.process.wait()
            self.process = None

    def fork(self, **request) -> ForkedProcess:
        """A new kernel process, by the request that ``warm.py`` describes. May be called by any thread; OSError: it cannot be had."""
        line = json.dumps(request).encode() + b"\n"
        with self.lock:
            self.start()
            try:
                return self.ask(line)
            except (ConnectionError, TimeoutError):  # it died just now, or is stuck
                self.stop()
                self.start()
                return self.ask(line)

    def ask(self, line: bytes) -> ForkedProcess:
        self.channel.sendall(line)
        answer, descriptors, _, _ = socket.recv_fds(self.channel, 1000, 1)
        if not answer:
            raise ConnectionResetError("The warm parent of the kernels has died.")
        if not descriptors:
            raise OSError(answer.decode())
        return ForkedProcess(int(answer), descriptors[0])


class WarmProvisioner(LocalProvisioner):
    """Forks plain Python kernels from the warm parent; every other kernel is started as ever."""

    parent_process = WarmParent()

    async def launch_kernel(self, cmd: list[str], **kwargs) -> KernelConnectionInfo:
        if cmd[0] != sys.executable or LAUNCHER not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        request = {"argv": cmd[cmd.index(LAUNCHER) + 1 :], "env": kwargs["env"], "cwd": kwargs.get("cwd")}
        forking = asyncio.ensure_future(asyncio.to_thread(self.parent_process.fork, **request))
        try:
            self.process = await asyncio.shield(forking)
        except asyncio.CancelledError:  # the visitor has gone, but a thread cannot be stopped: its kernel goes when it comes
            forking.add_done_callback(unwanted)
            raise
        except OSError as problem:
            self.log.warning("A kernel could not be forked and is started from scratch: %s", problem)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = request["cwd"] or Path.cwd()
        return self.connection_info


def unwanted(forking: asyncio.Future) -> None:
    if not forking.cancelled() and not forking.exception():
        forking.result().kill()


def use_warm_kernels(config: Config) -> None:
    """Let the server of this configuration fork its kernels, if the system can, and start loading what they share.

    The provisioner is made known here and not as an entry point: JupyterLab in the same environment must not come upon it.
    """
    if not can_fork():
        return
    factory = KernelProvisionerFactory
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:WarmProvisioner", factory.GROUP_NAME)
    config.KernelProvisionerFactory.default_provisioner_name = NAME
    WarmProvisioner.parent_process.start()

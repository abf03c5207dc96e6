"""Starting child processes that do not outlive their keeper, whatever becomes of it."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
KEEPER = "ALLCLEAR_KEEPER"
IS_LINUX = sys.platform == "linux"


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command as the leader of a session and process group of its own.

    A Ctrl-C in the terminal is then for the keeper alone, and the group can be killed as a whole.
    """
    environment = {**os.environ, KEEPER: str(os.getpid())}
    return subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, env=environment)  # noqa: S603


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a started command with everything it started, stopped processes included, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def prepare_child(*, descendants: bool = False) -> None:
    """Make this process end with its keeper; with ``descendants`` those that it forks end with it, one after the other.

    Without this a killed keeper leaves a clock or half a cluster behind that nobody watches. Does nothing for a command
    that was started by hand.
    """
    keeper = os.environ.pop(KEEPER, "")
    if keeper:
        _die_with(int(keeper))
    if descendants and IS_LINUX:
        os.register_at_fork(before=_remember_parent, after_in_child=_die_with_parent)


_parent = 0


def _remember_parent() -> None:
    global _parent  # noqa: PLW0603 - a fork hook has no other way to hand something over
    _parent = os.getpid()


def _die_with_parent() -> None:
    _ask_kernel(_parent)


def _die_with(keeper: int) -> None:
    if IS_LINUX:
        _ask_kernel(keeper)
    else:
        threading.Thread(target=_watch, args=(keeper,), daemon=True).start()


def _ask_kernel(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


def _watch(keeper: int) -> None:
    """Kill this process group when the keeper is gone, where the kernel cannot be asked to."""
    while os.getppid() == keeper:
        time.sleep(1)
    os.killpg(os.getpgrp(), signal.SIGKILL)

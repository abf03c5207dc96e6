"""Child processes that are there at once, and that do not outlive their keeper unless they are meant to.

They are forked, not started anew: everything is imported already, so a lost clock is replaced within a fraction of a
second instead of the two or three that Django needs to start.
"""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
IS_LINUX = sys.platform == "linux"
HAS_WAITID = hasattr(os, "waitid")  # not on every macOS


class Forked:
    """A running child: the leader of a session and process group of its own.

    A Ctrl-C in the terminal is then for the keeper alone, and the group can be killed as a whole.
    """

    def __init__(self, name: str, target: Callable[[], object], *, outlives: bool = False) -> None:
        keeper = os.getpid()
        # A connection that two processes hold is closed for both by the first that closes it.
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        self.status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _live(name, target, 0 if outlives else keeper)

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or ``None`` while it lives."""
        if self.status is None:
            self._note(os.WNOHANG)
        return self.status

    def wait(self, seconds: float) -> bool:
        """Return whether it has ended, waiting at most so long."""
        deadline = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.status is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        with contextlib.suppress(ProcessLookupError):
            if self.status is None:
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill it with everything it started, stopped processes included, and wait for its end."""
        if self.status is None:
            self._kill_group()
            self.send(signal.SIGKILL)  # in case it has no group of its own yet
            self._note(0)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _note(self, options: int) -> None:
        """Note its end, and end what is left of its group while the number still is its own."""
        if HAS_WAITID:
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | options) is None:
                return
            self._kill_group()
        pid, status = os.waitpid(self.pid, options)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
            if not HAS_WAITID:
                self._kill_group()


def _live(name: str, target: Callable[[], object], keeper: int) -> None:
    """Be the child, to the end: what this process was before is none of its business."""
    status = 1
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        _set_name(name)
        if keeper:
            _die_with(keeper)
        target()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        logger.exception("child.failed", extra={"child": name})
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def let_descendants_die_too() -> None:
    """Make every process that this one forks from now on end with the one that forked it.

    Without this a killed cluster leaves orphans behind that work on unguarded.
    """
    if IS_LINUX:
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


def _set_name(name: str) -> None:
    """Show in ``ps`` and ``top`` what this process is."""
    if IS_LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NAME, f"allclear-{name}"[:15].encode(), 0, 0, 0)

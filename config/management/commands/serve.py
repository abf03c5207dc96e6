"""``manage.py serve``: everything on one machine."""

import http.client
import socket
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.pager.supervisor import Child, Supervisor, pager_children, prepare_queue, stop_on_signals

GRACE = 8.0
# Who cannot start so often in a row never will.
HOPELESS = 3
BACKLOG = 1024


class Command(BaseCommand):
    help = "Run the web server and the pager together, for one machine. Ctrl-C stops them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="Web processes.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        with listen(host, port) as listener:
            prepare_queue()
            web = [Child("web", partial(serve_web, listener)) for _ in range(max(options["workers"], 1))]
            supervisor = Supervisor([*web, *pager_children()], grace=GRACE)
            stop_on_signals(supervisor.stop)
            self._run(supervisor, web[0], _shown(host), port)

    def _run(self, supervisor: Supervisor, web: Child, host: str, port: int) -> None:
        """Run until told to stop, and say once where it is."""
        announced = False

        def look() -> None:
            nonlocal announced
            if not announced and web.is_running and _answers(host, port):
                announced = True
                self.stdout.write(f"Allclear is at http://{host}:{port}/  (Ctrl-C stops it)")
                self.stdout.flush()
            if not announced and web.failures >= HOPELESS:
                supervisor.stop()

        supervisor.run(look)
        if not announced and web.failures >= HOPELESS:
            raise CommandError("The web server does not start: see above.")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. It outlives a lost web process: whoever connects meanwhile just waits a little.

    Raises ``CommandError`` when the address cannot be had.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
        ) from error
    return listener


def serve_web(listener: socket.socket) -> None:
    """Serve pages, API and live streams on a socket that several processes may share, until SIGTERM."""
    import uvicorn

    config = uvicorn.Config(
        "config.asgi:application",
        ws="none",
        log_level="warning",
        access_log=False,
        # Without a limit a SIGTERM waits for the last open live stream, which is for ever.
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _answers(host: str, port: int) -> bool:
    """Return whether the web process answers at all. Not /health: that fails, and is logged, until the clock beats."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/live/")
        return bool(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)  # noqa: S104 - what to show instead

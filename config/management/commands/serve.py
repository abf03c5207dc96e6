"""``manage.py serve``: everything on one machine."""

import socket
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from escalation.pager.supervisor import Child, Supervisor, pager_children, prepare_queue, stop_on_signals

GRACE = 8.0
# Who cannot start so often in a row never will: the address is taken, or the settings are wrong.
HOPELESS = 3


class Command(BaseCommand):
    help = "Run the web server and the pager together, for one machine. Ctrl-C stops them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="Web processes.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        prepare_queue()
        web = Child("web", partial(serve_web, host, port, options["workers"]))
        supervisor = Supervisor([web, *pager_children()], grace=GRACE)
        stop_on_signals(supervisor.stop)
        announced = False

        def look() -> None:
            nonlocal announced
            if not announced and web.is_running and _answers(host, port):
                announced = True
                self.stdout.write(f"Allclear is at http://{_shown(host)}:{port}/  (Ctrl-C stops it)")
                self.stdout.flush()
            if not announced and web.failures >= HOPELESS:
                supervisor.stop()

        supervisor.run(look)
        if web.failures >= HOPELESS and not announced:
            raise CommandError(f"The web server does not start on {host}:{port}: see above.")


def serve_web(host: str, port: int, workers: int) -> None:
    """Serve pages, API and live streams, until SIGTERM."""
    import uvicorn

    uvicorn.run(
        "config.asgi:application",
        host=host,
        port=port,
        workers=workers,
        ws="none",
        log_level="warning",
        access_log=False,
        # Without a limit a SIGTERM waits for the last open live stream, which is for ever.
        timeout_graceful_shutdown=5,
    )


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((_shown(host), port), timeout=0.2):
            return True
    except OSError:
        return False


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)  # noqa: S104 - what to show instead

"""Alerts a second, new and repeated, beside a bare one-insert view: what the product costs over the least possible.

Both are served alike (uvicorn, a2wsgi, eight threads, one process each) on the same database, both stand there all the
time, and they take turns: what else the machine does hits them alike. Each is warmed up first and runs alone.
"""

import json
from collections.abc import Callable
from functools import partial

from benchmarks import load, servers
from benchmarks.table import Row
from config.demo import ALERT_KEY

TURNS = 3
WARM_UP_SECONDS = 1.0
Post = Callable[[float], load.Load]


def measure(seconds: float) -> list[Row]:
    """Return a row for each kind of request; each is committed before it is answered."""
    with servers.asgi("benchmarks.bare:application") as bare, servers.asgi("config.asgi:application") as ours:
        found = _in_turns(_requests(bare, ours), seconds)
    base = found.pop("bare one-insert view")
    rows = [Row("bare one-insert view", str(base), "1")]
    return rows + [Row(what, str(one), _ratio(one, base)) for what, one in found.items()]


def _requests(bare: int, ours: int) -> dict[str, Post]:
    path = f"/api/v1/alerts/{ALERT_KEY}"
    return {
        "bare one-insert view": partial(_post, bare, "/insert/", _bare_body),
        "intake, repeated alert": partial(_post, ours, path, _repeated),
        "intake, new alert, nobody to wake yet (SEV-4)": partial(_post, ours, path, partial(_new, "low")),
        "intake, new alert that pages at once (SEV-1)": partial(_post, ours, path, partial(_new, "critical")),
    }


def _post(port: int, path: str, body: Callable[[int], bytes], seconds: float) -> load.Load:
    return load.post(port, path, body, seconds=seconds)


def _in_turns(requests: dict[str, Post], seconds: float) -> dict[str, load.Load]:
    for post in requests.values():
        post(WARM_UP_SECONDS)
    turns = [{what: post(seconds / TURNS) for what, post in requests.items()} for _ in range(TURNS)]
    return {what: load.together([turn[what] for turn in turns]) for what in requests}


def _ratio(one: load.Load, base: load.Load) -> str:
    return f"{one.per_second / base.per_second:.3f} × the bare view" if base.per_second else ""


def _bare_body(number: int) -> bytes:
    return json.dumps({"title": f"Alert {number}"}).encode()


def _repeated(number: int) -> bytes:
    return json.dumps({"title": "Checkout fails", "severity": "low", "dedup_key": "checkout"}).encode()


def _new(severity: str, number: int) -> bytes:
    return json.dumps(
        {"title": f"Checkout {number} fails", "severity": severity, "dedup_key": f"{severity}-{number}"}
    ).encode()

"""Alerts a second, new and repeated, beside a bare one-insert view on the same database in the same run."""

import json

from benchmarks import load, servers
from benchmarks.table import Row
from config.demo import ALERT_KEY


def measure(seconds: float) -> list[Row]:
    """Return three rows; each alert is committed before it is answered."""
    with servers.asgi("benchmarks.bare:application") as port:
        bare = load.post(port, "/insert/", _bare_body, seconds=seconds)
    with servers.asgi("config.asgi:application") as port:
        path = f"/api/v1/alerts/{ALERT_KEY}"
        load.post(port, path, _repeated, seconds=1)
        repeated = load.post(port, path, _repeated, seconds=seconds)
        new = load.post(port, path, _new, seconds=seconds)
    return [
        Row("bare one-insert view", str(bare)),
        Row("intake, repeated alert", str(repeated), _ratio(repeated, bare)),
        Row("intake, new alert each time", str(new), _ratio(new, bare)),
    ]


def _ratio(one: load.Load, other: load.Load) -> str:
    return f"{one.per_second / other.per_second:.2f} × the bare view" if other.per_second else ""


def _bare_body(number: int) -> bytes:
    return json.dumps({"title": f"Alert {number}"}).encode()


def _repeated(number: int) -> bytes:
    return json.dumps({"title": "Checkout fails", "severity": "critical", "dedup_key": "checkout"}).encode()


def _new(number: int) -> bytes:
    alert = {"title": f"Checkout {number} fails", "severity": "warning", "dedup_key": f"new-{number}"}
    return json.dumps(alert).encode()

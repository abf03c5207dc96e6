"""A small HTTP client under load: so many connections, each sends its next request when the last was answered."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

CONNECTIONS = 8
_numbers = count()


@dataclass(frozen=True)
class Load:
    """What came of a run: answers by status, and each request's time in milliseconds."""

    statuses: Counter[int]
    times: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return the time in milliseconds within which so many per cent were answered."""
        return statistics.quantiles(self.times, n=100)[percent - 1] if len(self.times) > 1 else 0.0

    @property
    def refused(self) -> int:
        """Return how many answers were not a success."""
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)

    def __str__(self) -> str:
        refused = f", {self.refused} refused" if self.refused else ""
        times = f"p50 {self.percentile(50):.0f} ms, p99 {self.percentile(99):.0f} ms"
        return f"{self.per_second:.0f} a second, {times}{refused}"


def together(loads: list[Load]) -> Load:
    """Return several runs as one."""
    statuses = sum((one.statuses for one in loads), Counter[int]())
    return Load(statuses, [t for one in loads for t in one.times], sum(one.seconds for one in loads))


def post(port: int, path: str, body: Callable[[int], bytes], *, seconds: float) -> Load:
    """Post ``body(n)`` for so many seconds and return what came of it; ``n`` never comes twice."""
    return asyncio.run(_run(port, path, body, seconds))


async def _run(port: int, path: str, body: Callable[[int], bytes], seconds: float) -> Load:
    statuses: Counter[int] = Counter()
    times: list[float] = []
    begin = time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() - begin < seconds:
            sent = time.perf_counter()
            statuses[await _request(reader, writer, path, body(next(_numbers)))] += 1
            times.append((time.perf_counter() - sent) * 1000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return Load(statuses, times, time.perf_counter() - begin)


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes) -> int:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = dict(line.lower().split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    else:
        await _read_chunks(reader)
    return int(answer.split(" ", 2)[1])


async def _read_chunks(reader: asyncio.StreamReader) -> None:
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()

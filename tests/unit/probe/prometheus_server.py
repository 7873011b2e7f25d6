"""A server on loopback that answers Prometheus's queries from tables, or misbehaves."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Series = tuple[dict[str, str], str]
Curve = tuple[dict[str, str], Callable[[int], float | None]]
"""Labels, and the value at a moment: None where a server has none."""
_MEAN = re.compile(r"avg_over_time\(\((.*)\)\[\d+s:\d+s\]\)")
NOW = 1_795_300_030.0


class Scripted:
    """What is answered: elements and curves by query, or one status and body for everything."""

    def __init__(self, tables: Mapping[str, list[Series]]) -> None:
        self.tables = dict(tables)
        self.curves: dict[str, list[Curve]] = {}
        self.ranges: list[tuple[str, int, int, int]] = []
        """Query, begin, end and step of range queries."""
        self.status, self.body = 200, b""
        self.asked: list[str] = []
        self.moments: list[str] = []
        self.signed: list[str] = []
        self.url = ""

    def answer(self, query: str) -> bytes:
        """Return the body for a query as a server gives it."""
        rows = [{"metric": labels, "value": [NOW, value]} for labels, value in self.tables.get(query, [])]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}}).encode()

    def answer_range(self, query: str, start: int, end: int, step: int) -> bytes:
        """Return the body for a range query; a mean over a step is told as the value at its end."""
        self.ranges.append((query, start, end, step))
        found = _MEAN.fullmatch(query)
        rows = []
        for labels, curve in self.curves.get(found[1] if found else query, []):
            told = ((at, curve(at)) for at in range(start, end + 1, step))
            values = [[at, str(value)] for at, value in told if value is not None]
            rows += [{"metric": labels, "values": values}] if values else []
        return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": rows}}).encode()


@contextmanager
def serving(scripted: Scripted) -> Iterator[Scripted]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            query = asked.get("query", "")
            scripted.asked.append(query)
            scripted.moments.append(asked.get("time", ""))
            scripted.signed.append(self.headers.get("authorization", ""))
            if "step" in asked:
                body = scripted.answer_range(query, *(int(asked[name]) for name in ("start", "end", "step")))
            else:
                body = scripted.answer(query)
            body = scripted.body or body
            self.send_response(scripted.status)
            self.send_header("content-length", str(len(body)))
            if scripted.status == 302:
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()

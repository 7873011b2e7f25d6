"""A server on loopback that answers Prometheus's instant queries from a table, or misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Series = tuple[dict[str, str], str]
NOW = 1_795_300_030.0


class Scripted:
    """What is answered: elements by query, or one status and body for everything."""

    def __init__(self, tables: Mapping[str, list[Series]]) -> None:
        self.tables = dict(tables)
        self.status, self.body = 200, b""
        self.asked: list[str] = []
        self.signed: list[str] = []
        self.url = ""

    def answer(self, query: str) -> bytes:
        """Return the body for a query as a server gives it."""
        rows = [{"metric": labels, "value": [NOW, value]} for labels, value in self.tables.get(query, [])]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}}).encode()


@contextmanager
def serving(scripted: Scripted) -> Iterator[Scripted]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query).get("query", [""])[0]
            scripted.asked.append(query)
            scripted.signed.append(self.headers.get("authorization", ""))
            body = scripted.body or scripted.answer(query)
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

"""A bare keystoneauth session that pages through all servers: what the cloud itself needs, without a console."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def main(cloud: str, first: int, most: int) -> None:
    """Print seconds for the first page and for all pages, `first` rows and then as many as the console asks for."""
    import openstack

    compute = openstack.connect(cloud=cloud).compute
    compute.get("/servers?all_tenants=1&limit=1", microversion="2.79")
    began = time.perf_counter()
    seconds: list[float] = []
    servers = 0
    query: dict[str, Any] = {"all_tenants": "1", "limit": str(first)}
    while True:
        asked = time.perf_counter()
        reply = compute.get("/servers/detail", params=query, microversion="2.79")
        body = reply.json()
        seconds.append(time.perf_counter() - asked)
        servers += len(body["servers"])
        links = [link["href"] for link in body.get("servers_links", ()) if link["rel"] == "next"]
        if not links or not body["servers"]:
            break
        rows = _next_size(int(query["limit"]), seconds[-1], len(body["servers"]), most)
        query = {**dict(parse_qsl(urlsplit(links[0]).query)), "limit": str(rows)}
    whole = round(time.perf_counter() - began, 3)
    pages = [round(one, 3) for one in seconds]
    print(json.dumps({"servers": servers, "first_page_s": pages[0], "same_pages_s": whole, "pages_s": pages}))


def _next_size(rows: int, seconds: float, seen: int, most: int) -> int:
    """Return the next page's size as the console would choose it, so that both ask for the same pages."""
    from osvm_tui.cloud.listing import PageSize

    size = PageSize(rows, most=most)
    size.learn(seen, seconds)
    return size.rows

"""The HTTP face: routing on one port, links that follow the address, and replies that never arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from osvm_tui.cloud.mock import accounts, face, faults
from osvm_tui.cloud.mock.face_server import routed
from osvm_tui.cloud.mock.seed import reset

LOGIN: Any = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "demo", "domain": {"id": "default"}, "password": "mock"}},
        },
        "scope": {"project": {"name": "demo", "domain": {"id": "default"}}},
    }
}
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP7fVd1d5v5uY2r6Zq1S2s3YyQ0v9d4m1R5k8qkq0a3M x"
TIMEOUT_S = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "cloud.db"
    reset(path, vms=8, seed=3)
    return path


@pytest.fixture
def url(path: Path) -> Iterator[str]:
    with face.served(path) as url:
        yield url


def log_in(url: str) -> dict[str, str]:
    reply = requests.post(f"{url}/identity/v3/auth/tokens", json=LOGIN, timeout=TIMEOUT_S)
    assert reply.status_code == 201
    return {"X-Auth-Token": reply.headers["X-Subject-Token"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/identity", ("identity", "/")),
        ("/identity/v3/auth/tokens", ("identity", "/v3/auth/tokens")),
        ("/compute", ("versions", "/compute")),
        ("/compute/", ("versions", "/compute")),
        ("/compute/v2.1", ("compute", "/")),
        ("/compute/v2.1/", ("compute", "/")),
        ("/compute/v2.1/servers/detail", ("compute", "/servers/detail")),
        ("/compute/v2.10/servers", ("versions", "/compute/v2.10/servers")),
        ("/image/v2/images", ("image", "/v2/images")),
        ("/network/v2.0/ports", ("network", "/v2.0/ports")),
        ("/volume/v3", ("volume", "/v3")),
        ("/volume/v3/p/volumes", ("volume", "/v3/p/volumes")),
        ("/backup/v3", ("versions", "/backup/v3")),
        ("/", ("versions", "/")),
    ],
)
def test_each_service_has_a_root(path: str, expected: tuple[str, str]) -> None:
    assert routed(path) == expected


def test_links_follow_the_address_that_was_asked(url: str) -> None:
    by_name = url.replace("127.0.0.1", "localhost")
    version = requests.get(f"{by_name}/compute/v2.1/", timeout=TIMEOUT_S).json()["version"]
    assert version["links"][0]["href"] == f"{by_name}/compute/v2.1/"
    reply = requests.post(f"{by_name}/identity/v3/auth/tokens", json=LOGIN, timeout=TIMEOUT_S)
    addresses = {e["url"] for s in reply.json()["token"]["catalog"] for e in s["endpoints"]}
    assert all(address.startswith(by_name) for address in addresses)


def test_answers_carry_length_request_id_and_the_clouds_date(url: str) -> None:
    reply = requests.get(f"{url}/compute/v2.1/servers", headers=log_in(url), timeout=TIMEOUT_S)
    assert reply.status_code == 200
    assert int(reply.headers["Content-Length"]) == len(reply.content)
    assert reply.headers["X-Openstack-Request-Id"].startswith("req-")
    assert reply.headers["Date"].endswith("GMT")
    assert "Server" not in reply.headers


def test_query_and_body_arrive(url: str) -> None:
    headers = log_in(url)
    pairs = [("fields", "id"), ("fields", "status"), ("device_owner", "compute:nova")]
    reply = requests.get(f"{url}/network/v2.0/ports", params=pairs, headers=headers, timeout=TIMEOUT_S)
    assert {tuple(sorted(port)) for port in reply.json()["ports"]} == {("id", "status")}
    bad = requests.post(f"{url}/identity/v3/auth/tokens", data=b"{", timeout=TIMEOUT_S)
    assert bad.status_code == 400


def test_a_lost_reply_closes_the_connection(url: str, path: Path) -> None:
    headers = log_in(url)
    faults.set_knobs(path, lost=1.0)
    with pytest.raises(requests.ConnectionError, match="without response"):
        requests.get(f"{url}/compute/v2.1/servers", headers=headers, timeout=TIMEOUT_S)
    faults.set_knobs(path, lost=0.0)
    assert requests.get(f"{url}/compute/v2.1/servers", headers=headers, timeout=TIMEOUT_S).status_code == 200


def test_a_cut_reply_ends_in_the_middle(url: str, path: Path) -> None:
    headers = log_in(url)
    faults.set_knobs(path, cut=1.0)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="more expected"):
        requests.get(f"{url}/compute/v2.1/servers", headers=headers, timeout=TIMEOUT_S)


@pytest.mark.parametrize(("fate", "done"), [("unsent", False), ("lost", True), ("cut", True)])
def test_a_change_without_an_answer_is_done_or_not(url: str, path: Path, fate: str, done: bool) -> None:
    headers = log_in(url)
    key = {
        "name": "kept",
        "public_key": PUBLIC_KEY,
    }
    address = f"{url}/compute/v2.1/os-keypairs"
    requests.post(address, json={"keypair": key}, headers=headers, timeout=TIMEOUT_S).raise_for_status()
    faults.script(path, faults.Scripted(method="DELETE", fate=fate))
    with pytest.raises(requests.ConnectionError, match="without response"):
        requests.delete(f"{address}/kept", headers=headers, timeout=TIMEOUT_S)
    left = requests.get(f"{address}/kept", headers=headers, timeout=TIMEOUT_S)
    assert left.status_code == (404 if done else 200)


def test_a_slow_reply_does_not_hold_up_others(url: str, path: Path) -> None:
    headers = log_in(url)
    faults.set_knobs(path, slow_page=1.0)
    ended: list[str] = []

    def slow() -> None:
        requests.get(f"{url}/compute/v2.1/servers/detail", headers=headers, timeout=TIMEOUT_S)
        ended.append("slow")

    thread = threading.Thread(target=slow)
    thread.start()
    for _ in range(3):
        requests.get(f"{url}/compute/v2.1/flavors", headers=headers, timeout=TIMEOUT_S)
    ended.append("quick")
    thread.join(timeout=TIMEOUT_S)
    assert ended == ["quick", "slow"]


def test_a_second_server_shares_the_cloud(url: str, path: Path) -> None:
    with face.served(path) as other:
        headers = log_in(other)
        body = {
            "keypair": {
                "name": "shared",
                "public_key": PUBLIC_KEY,
            }
        }
        made = requests.post(f"{other}/compute/v2.1/os-keypairs", json=body, headers=headers, timeout=TIMEOUT_S)
        assert made.status_code == 200
    shown = requests.get(f"{url}/compute/v2.1/os-keypairs/shared", headers=headers, timeout=TIMEOUT_S)
    assert shown.json()["keypair"]["user_id"] == accounts.USERS["demo"].id

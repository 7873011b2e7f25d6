"""Key pairs of the simulated Nova: import, generation until 2.92, names, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from osvm_tui.cloud.mock import accounts
from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import text


def create(bench: NovaBench, version: str = "2.92", **body: Any) -> SimReply:
    return bench.nova("POST", "/os-keypairs", {"keypair": body}, version=version)


def test_they_belong_to_the_user(bench: NovaBench) -> None:
    key = bench.nova("GET", "/os-keypairs").json()["keypairs"][0]["keypair"]
    made = create(bench, name="copy", public_key=key["public_key"])
    assert (made.status, made.json()["keypair"]["fingerprint"]) == (201, key["fingerprint"])
    assert "private_key" not in made.json()["keypair"]
    assert text(create(bench, name="copy", public_key=key["public_key"])) == (409, "Key pair 'copy' already exists.")
    assert bench.nova("GET", "/os-keypairs/copy", who="web").status == 404
    demo = accounts.USERS["demo"].id
    assert bench.nova("GET", f"/os-keypairs/copy?user_id={demo}", who="web").status == 403
    assert bench.nova("GET", f"/os-keypairs/copy?user_id={demo}", who="admin").status == 200
    assert bench.nova("DELETE", "/os-keypairs/copy").status == 204
    assert bench.nova("GET", "/os-keypairs/copy").status == 404


def test_a_reader_may_have_keys_because_they_are_a_users_own(bench: NovaBench) -> None:
    made = bench.nova("POST", "/os-keypairs", {"keypair": {"name": "mine"}}, who="reader")
    assert made.status == 201


def test_a_pair_is_made_before_2_92(bench: NovaBench) -> None:
    assert text(create(bench, name="new"))[1].endswith("'public_key' is a required property")
    made = create(bench, "2.91", name="new").json()["keypair"]
    private = load_pem_private_key(made["private_key"].encode(), password=None)
    kind, blob, comment = made["public_key"].split()
    assert (kind, comment) == ("ssh-rsa", "Generated-by-Nova")
    own = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert own == f"ssh-rsa {blob}"
    shown = bench.nova("GET", "/os-keypairs/new").json()["keypair"]
    assert "private_key" not in shown
    assert shown["fingerprint"] == made["fingerprint"]


@pytest.mark.parametrize(
    "line", ["bad", "ssh-rsa bad", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxGh0vX7sP0H1h9n0dQk8mV0f4", "a b c"]
)
def test_what_is_no_key_is_refused(bench: NovaBench, line: str) -> None:
    assert text(create(bench, name="x", public_key=line)) == (
        400,
        "Keypair data is invalid: failed to generate fingerprint",
    )


@pytest.mark.parametrize(("name", "old", "new"), [("a b-c_1", 201, 201), ("a@b.c", 400, 201), ("a/b", 400, 400)])
def test_names_may_hold_more_from_2_92_on(bench: NovaBench, name: str, old: int, new: int) -> None:
    line = bench.nova("GET", "/os-keypairs").json()["keypairs"][0]["keypair"]["public_key"]
    assert create(bench, "2.91", name=name, public_key=line).status == old
    bench.nova("DELETE", f"/os-keypairs/{name}")
    assert create(bench, "2.92", name=name, public_key=line).status == new


def test_pages_of_keys(bench: NovaBench) -> None:
    first = bench.nova("GET", "/os-keypairs?limit=1").json()
    assert [row["keypair"]["name"] for row in first["keypairs"]] == ["lab-key"]
    assert first["keypairs_links"][0]["href"].endswith("limit=1&marker=lab-key")
    rest = bench.nova("GET", "/os-keypairs?marker=lab-key").json()["keypairs"]
    assert [row["keypair"]["name"] for row in rest] == ["laptop"]

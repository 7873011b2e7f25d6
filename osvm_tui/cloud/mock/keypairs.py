"""Nova's key pairs: they belong to the user. Import at any microversion; Nova made keys itself until 2.92 ended that.

Only ssh keys: certificates (type x509) are refused here, though Nova takes them.
"""

from __future__ import annotations

import base64
import hashlib
import string
from typing import Any

from osvm_tui.cloud.mock.action_bodies import invalid, need, only, text
from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.quotas import limits_of
from osvm_tui.cloud.mock.request import SimReply

Thing = dict[str, Any]
ALPHABET = " " + string.digits + string.ascii_letters
IMPORT_ONLY = 92
"""The minor microversion from which Nova generates no key."""
INVALID = "Keypair data is invalid: failed to generate fingerprint"
BITS = 2048


def index(call: NovaCall) -> SimReply:
    """List the key pairs of the caller, or of another user for an admin (2.10), in pages (2.35)."""
    user = _user(call, call.request.first("user_id"), "index")
    rows = sorted(_own(call, user), key=lambda key: str(key["name"]))
    limit = 1000
    if call.minor >= 35:
        limit = min(1000, int(call.request.first("limit") or 1000))
        rows = _behind(rows, call.request.first("marker"))
    body: Thing = {"keypairs": [{"keypair": _view(call, key)} for key in rows[:limit]]}
    if call.minor >= 35 and rows and len(rows[:limit]) == limit:
        href = f"{call.root}/v2.1/os-keypairs?limit={limit}&marker={rows[limit - 1]['name']}"
        body["keypairs_links"] = [{"rel": "next", "href": href}]
    return call.reply(200, body)


def _own(call: NovaCall, user: str) -> list[Thing]:
    return [key for key in call.world.things("keypair").values() if key["user_id"] == user]


def _behind(rows: list[Thing], marker: str | None) -> list[Thing]:
    if marker is None:
        return rows
    names = [row["name"] for row in rows]
    if marker not in names:
        raise Refused(400, f"marker [{marker}] not found")
    return rows[names.index(marker) + 1 :]


def _user(call: NovaCall, wanted: str | None, policy: str) -> str:
    if call.minor < 10 or wanted in (None, call.caller.user_id):
        return call.caller.user_id
    call.allow("admin", f"os-keypairs:{policy}")
    return str(wanted)


def one(call: NovaCall, name: str) -> SimReply:
    """Show or delete one key pair."""
    removes = call.request.method == "DELETE"
    user = _user(call, call.request.first("user_id"), "delete" if removes else "show")
    key = f"{user}:{name}"
    found = call.world.things("keypair").get(key)
    if found is None:
        raise Refused(404, f"Keypair {name} not found for user {user}")
    if removes:
        call.world.drop("keypair", key)
        return call.reply(204 if call.minor >= 2 else 202)
    extra = {"user_id": found["user_id"], "created_at": plain(found["created"]), "deleted": False}
    extra |= {"deleted_at": None, "updated_at": None, "id": found["number"]}
    return call.reply(200, {"keypair": _view(call, found) | extra})


def create(call: NovaCall) -> SimReply:
    """Import a public key, or make a pair (before 2.92) whose private half is in this answer and nowhere else."""
    body = call.body("keypair")
    _check(call, body)
    user = _user(call, body.get("user_id"), "create")
    key = f"{user}:{body['name']}"
    if len(_own(call, user)) >= limits_of(call, call.caller.project_id)["key_pairs"]:
        raise Refused(403, "Quota exceeded, too many key pairs.")
    given = body.get("public_key")
    public, private = (_checked(given.strip()), None) if given is not None else generated()
    if key in call.world.things("keypair"):
        raise Refused(409, f"Key pair '{body['name']}' already exists.")
    made = {
        "name": body["name"],
        "user_id": user,
        "public_key": public,
        "fingerprint": fingerprint(public),
        "type": "ssh",
        "created": call.now,
        "number": 1 + max((row["number"] for row in call.world.things("keypair").values()), default=0),
    }
    call.world.put("keypair", key, made)
    view = _view(call, made) | {"user_id": user} | ({"private_key": private} if private is not None else {})
    return call.reply(201 if call.minor >= 2 else 200, {"keypair": view})


def _check(call: NovaCall, body: Any) -> None:
    need(body, "keypair", "name", *(["public_key"] if call.minor >= IMPORT_ONLY else []))
    allowed = {"name", "public_key"} | ({"type"} if call.minor >= 2 else set())
    only(body, "keypair", allowed | ({"user_id"} if call.minor >= 10 else set()))
    text(body["name"], "name", empty=False)
    if body.get("public_key") is not None:
        text(body["public_key"], "public_key", 65535)
    marks = "@._-" if call.minor >= IMPORT_ONLY else "_-"
    if set(body["name"]) - set(marks + ALPHABET):
        why = f"The name must be: Only expected characters: [{marks}{ALPHABET}]"
        raise Refused(400, f"An invalid 'name' value was provided. {why}")
    if body.get("type", "ssh") != "ssh":
        raise invalid("type", body["type"], f"{body['type']!r} is not one of ['ssh']")


def _checked(public_key: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        load_ssh_public_key(public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(400, INVALID) from None
    return public_key


def generated() -> tuple[str, str]:
    """Return a new RSA pair as Nova makes it: the public line and the private PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return f"{line.decode()} Generated-by-Nova", pem.decode()


def fingerprint(public_key: str) -> str:
    """Return the MD5 fingerprint of a valid OpenSSH public key, as Nova shows it."""
    raw = base64.b64decode(public_key.split()[1])
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


def _view(call: NovaCall, key: Thing) -> Thing:
    view = {"name": key["name"], "public_key": key["public_key"], "fingerprint": key["fingerprint"]}
    return view | {"type": key["type"]} if call.minor >= 2 else view

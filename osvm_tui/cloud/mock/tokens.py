"""Keystone tokens that describe themselves: signed payloads which any process can read and none can forge.

Holds issue and reading of tokens. Knows nothing of HTTP or of passwords. No token is stored: the key in the
world's file and the cloud's clock decide whether one is good.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import msgspec

from osvm_tui.cloud.mock.world import World

_MARK = "mock-"


class Token(msgspec.Struct, frozen=True):
    """Hold what a token says: user id `u`, project id `p`, scope `s`, cloud times and login methods.

    `s` is "project", "system" or "unscoped". `audit` is Keystone's chain of audit ids, newest first.
    """

    u: str
    p: str
    s: str
    issued: float
    expires: float
    methods: tuple[str, ...]
    audit: tuple[str, ...]


def new_token(
    world: World,
    user_id: str,
    project_id: str,
    scope: str,
    *,
    method: str = "password",
    parent: Token | None = None,
) -> Token:
    """Return a fresh token; one made from a `parent` keeps the parent's end of life, as in Keystone."""
    now = world.now()
    audit = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    if parent is None:
        return Token(user_id, project_id, scope, now, now + world.knobs.token_life, (method,), (audit,))
    methods = ("token", *(m for m in parent.methods if m != "token"))
    return Token(user_id, project_id, scope, now, parent.expires, methods, (audit, parent.audit[-1]))


def sealed(world: World, token: Token) -> str:
    """Return the token as the text that travels in X-Auth-Token."""
    payload = base64.urlsafe_b64encode(msgspec.json.encode(token)).decode()
    return f"{_MARK}{payload}.{_signature(world, payload)}"


def opened(world: World, text: str) -> Token | None:
    """Return what a token text says, or None if it is not ours, forged, expired or withdrawn."""
    payload, dot, signature = text.removeprefix(_MARK).partition(".")
    if not text.startswith(_MARK) or not dot:
        return None
    if not hmac.compare_digest(signature.encode(), _signature(world, payload).encode()):
        return None
    token = msgspec.json.decode(base64.urlsafe_b64decode(payload), type=Token)
    if token.expires <= world.now() or token.issued < world.knobs.tokens_from:
        return None
    return token


def _signature(world: World, payload: str) -> str:
    digest = hmac.new(world.secret, payload.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

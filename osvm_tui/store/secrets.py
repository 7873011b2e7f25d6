"""What of an operation's parameters may be kept: named secrets are dropped, secrets in user_data are masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

MASK = "********"
_SECRET_NAME = re.compile(r"pass(word|wd|phrase)?$|passw|secret|token|private_?key|api_?key|credential", re.I)
_ASSIGNMENT = re.compile(
    r"(?P<head>(?P<name>[\w.-]*(?:passw|passphrase|secret|token|private_?key|api_?key|credential)[\w.-]*)[\"']?\s*[:=]\s*)"
    r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\]]+)",
    re.I,
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)
_URL_PASSWORD = re.compile(r"(?P<head>[a-z][a-z0-9+.-]*://[^\s/:@]+:)[^\s/@]+(?=@)", re.I)
_CHPASSWD = re.compile(r"(?P<head>(?:^|\n)\s*chpasswd:.*?\n(?=\S|\Z))", re.S)


def keepable(params: Mapping[str, object]) -> tuple[dict[str, object], bool]:
    """Return what may be stored of `params`, and whether something was withheld."""
    kept = {name: _kept(name, value) for name, value in params.items() if not _SECRET_NAME.search(name)}
    return kept, msgspec.json.encode(kept) != msgspec.json.encode(params)


def _kept(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return keepable(value)[0]
    if isinstance(value, (list, tuple)):
        return [_kept(name, one) for one in value]
    return masked(value) if name == "user_data" and isinstance(value, str) else value


def masked(user_data: str) -> str:
    """Return cloud-init user data with passwords, tokens, private keys and chpasswd lists covered.

    A best effort over free text: it may cover too much, and a secret under an innocent name stays.
    """
    text = _PEM.sub(MASK, user_data)
    text = _CHPASSWD.sub(lambda found: f"\nchpasswd: {MASK}\n", text)
    text = _URL_PASSWORD.sub(rf"\g<head>{MASK}", text)
    return _ASSIGNMENT.sub(lambda found: f"{found['head']}{MASK}", text)

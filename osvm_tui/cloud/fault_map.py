"""Refusals of OpenStack's services -> the one error tree; the only place that reads fault bodies.

Shapes: Nova and Cinder {name: {code, message}}, Neutron {NeutronError: {type, message}}, Keystone {error: {...}},
Glance {message} or a page of HTML, proxies in front of any of them HTML or nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus

import msgspec

from osvm_tui.cloud.transport import Call, Reply
from osvm_tui.cloud.wire.times import http_date
from osvm_tui.domain.errors import (
    BadRequest,
    CloudError,
    CloudFault,
    Conflict,
    Forbidden,
    NotFound,
    QuotaExceeded,
    Throttled,
    Unauthorized,
)

_SERVICE_NAMES = {
    "compute": "Nova",
    "network": "Neutron",
    "image": "Glance",
    "volume": "Cinder",
    "identity": "Keystone",
    "metric": "Gnocchi",
}
_KINDS: dict[int, type[CloudError]] = {401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict}
_TAGS = re.compile(r"<(head|title|style|script)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_LONGEST = 400


def fault(call: Call, reply: Reply, *, entry: str, now: datetime) -> CloudError:
    """Return the error that a refusal means, with the cloud's own words as `detail` and its request id."""
    kind, words = read_body(reply.body)
    status = reply.status
    detail = words or f"{service_name(call.service)} answered {status} {_phrase(status)} without a reason"
    facts = {"entry": entry, "request_id": reply.request_id, "status": status}
    if _is_quota(call.service, status, kind, words):
        return QuotaExceeded(detail, hint="free some of it, or ask for a higher quota", **facts)  # type: ignore[arg-type]
    if status in (413, 429):
        return Throttled(detail, retry_after_s=retry_after_s(reply, now) or 1.0, **facts)
    if status == 404 and call.service == "compute" and reply.body and not kind:
        # Nova names its fault; a proxy without a Nova behind it says 404 to everything, and no VM is gone by that.
        told = f"something at Nova's address answers 404: {detail}"
        return CloudFault(told, retry_after_s=None, hint="check the endpoint and any proxy in front of it", **facts)
    if status >= 500 or status < 400:
        return CloudFault(detail, retry_after_s=retry_after_s(reply, now), **facts)
    return _KINDS.get(status, BadRequest)(detail, **facts)  # type: ignore[arg-type]


def service_name(service: str) -> str:
    """Return what people call a service: Nova for compute."""
    return _SERVICE_NAMES.get(service, service)


def retry_after_s(reply: Reply, now: datetime) -> float | None:
    """Return the seconds after which the cloud wants to be asked again, None when it did not say."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.replace(".", "", 1).isdigit():
        return float(text)
    at = http_date(text)
    return max(0.0, (at - now).total_seconds()) if at else None


def read_body(body: bytes) -> tuple[str, str]:
    """Return the fault's kind (its key or Neutron's type) and its message in one line; both may be empty."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", _line(body.decode("utf-8", "replace"))
    if not isinstance(found, dict):
        return "", ""
    if isinstance(found.get("message"), str):
        return str(found.get("title") or ""), _line(found["message"])
    for key, value in found.items():
        if isinstance(value, dict) and "message" in value:
            return str(value.get("type") or key), _line(str(value["message"]))
        if isinstance(value, str):
            return key, _line(value)
    return "", ""


def _line(text: str) -> str:
    plain = _SPACES.sub(" ", _TAGS.sub(" ", text)).strip().rstrip(".").strip()
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _is_quota(service: str, status: int, kind: str, words: str) -> bool:
    if status not in (403, 409, 413):
        return False
    said = words.lower()
    if service == "volume" and status == 413:
        # Cinder tells a used-up quota as Nova once told haste: overLimit, 413.
        return "quota" in said or "limitexceeded" in said
    return kind == "OverQuota" or "quota exceeded" in said or "exceeds quota" in said


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""

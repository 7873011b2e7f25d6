"""Replies as each simulated service words them: JSON answers, fault bodies, headers.

Holds only the shapes: which header a service sends, how it writes a refusal. Knows no state and no rule.
Taken from answers of a Zed control plane; Nova's fault names are those of nova-facts.md, section 1.
Every function takes the request that is answered, because replies carry its request id.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec

from osvm_tui.cloud.mock.request import SimReply, SimRequest

NOVA_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
NEEDS_LOGIN = "The request you have made requires authentication."
_JSON = "application/json"
_HTML = "text/html; charset=UTF-8"
_PAGE = """<html>
 <head>
  <title>{0}</title>
 </head>
 <body>
  <h1>{0}</h1>
  {1}<br /><br />



 </body>
</html>"""


def encode(body: Any) -> bytes:
    """Return `body` as JSON; bytes are taken as JSON that is already encoded, None as no body at all."""
    if body is None:
        return b""
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def dated(reply: SimReply, now: float) -> SimReply:
    """Return the reply with a Date header for `now` (seconds since the epoch, cloud time)."""
    return msgspec.structs.replace(reply, headers={**reply.headers, "date": formatdate(now, usegmt=True)})


# --- Nova ----------------------------------------------------------------------------------------------


def nova_reply(
    request: SimRequest,
    status: int,
    body: Any = None,
    *,
    microversion: str = "2.1",
    headers: Mapping[str, str] | None = None,
) -> SimReply:
    """Return a Nova answer under `microversion`, with its request id under both names."""
    content = "application/json; charset=UTF-8" if status >= 400 else _JSON
    return SimReply(
        status,
        {
            "content-type": content,
            "openstack-api-version": f"compute {microversion}",
            "x-openstack-nova-api-version": microversion,
            "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
            "x-openstack-request-id": request.request_id,
            "x-compute-request-id": request.request_id,
            **(headers or {}),
        },
        encode(body),
    )


def nova_fault(
    request: SimRequest,
    status: int,
    message: str,
    *,
    microversion: str = "2.1",
    retry_after_s: float | None = None,
) -> SimReply:
    """Return Nova's refusal: one fault object; 413, 429 and 503 may carry Retry-After (seconds)."""
    fault: dict[str, Any] = {"code": status, "message": message}
    headers = {}
    if retry_after_s is not None:
        fault["retryAfter"] = headers["retry-after"] = f"{retry_after_s:g}"
    name = NOVA_FAULTS.get(status, "computeFault")
    return nova_reply(request, status, {name: fault}, microversion=microversion, headers=headers)


def nova_unknown_path(request: SimRequest) -> SimReply:
    """Return Nova's 404 for a path it does not route: a page, not JSON, without a version header."""
    headers = {"content-type": _HTML, "x-compute-request-id": request.request_id}
    return SimReply(404, headers | _id_header(request), page(404, "The resource could not be found."))


# --- Neutron -------------------------------------------------------------------------------------------


def neutron_reply(request: SimRequest, status: int, body: Any = None) -> SimReply:
    """Return a Neutron answer; a body of None sends none (204)."""
    return SimReply(status, ({"content-type": _JSON} if body is not None else {}) | _id_header(request), encode(body))


def neutron_fault(request: SimRequest, status: int, kind: str, message: str, detail: str = "") -> SimReply:
    """Return Neutron's refusal; `kind` is its exception name, such as PortNotFound or OverQuota."""
    return neutron_reply(request, status, {"NeutronError": {"type": kind, "message": message, "detail": detail}})


# --- Glance --------------------------------------------------------------------------------------------


def glance_reply(request: SimRequest, status: int, body: Any = None) -> SimReply:
    """Return a Glance answer; a body of None sends none (204)."""
    return SimReply(status, ({"content-type": _JSON} if body is not None else {}) | _id_header(request), encode(body))


def glance_fault(request: SimRequest, status: int, message: str) -> SimReply:
    """Return Glance's refusal, which is an HTML page and not JSON."""
    return SimReply(status, {"content-type": _HTML} | _id_header(request), page(status, message))


# --- Cinder --------------------------------------------------------------------------------------------


def cinder_reply(request: SimRequest, status: int, body: Any = None, *, microversion: str = "3.0") -> SimReply:
    """Return a Cinder answer under `microversion`; one to a DELETE without a body calls itself a page."""
    page_like = body is None and request.method == "DELETE"
    headers = {
        "content-type": _HTML if page_like else _JSON,
        "openstack-api-version": f"volume {microversion}",
        "vary": "OpenStack-API-Version",
    }
    if not page_like:
        headers["x-compute-request-id"] = request.request_id
    return SimReply(status, headers | _id_header(request), encode(body))


def cinder_fault(
    request: SimRequest,
    status: int,
    message: str,
    *,
    microversion: str = "3.0",
    retry_after_s: float | None = None,
) -> SimReply:
    """Return Cinder's refusal: Nova's form of fault; over quota (413) it says that one may retry at once."""
    fault: dict[str, Any] = {"code": status, "message": message}
    wait = 0.0 if status == 413 and retry_after_s is None else retry_after_s
    if wait is not None:
        fault["retryAfter"] = f"{wait:g}"
    reply = cinder_reply(request, status, {NOVA_FAULTS.get(status, "computeFault"): fault}, microversion=microversion)
    headers = {**reply.headers, "content-type": _JSON} | ({"retry-after": f"{wait:g}"} if wait is not None else {})
    return msgspec.structs.replace(reply, headers=headers)


# --- Keystone ------------------------------------------------------------------------------------------


def keystone_reply(
    request: SimRequest, status: int, body: Any = None, headers: Mapping[str, str] | None = None
) -> SimReply:
    """Return a Keystone answer; a body of None sends none (204)."""
    content = {"content-type": _JSON} if body is not None else {}
    return SimReply(status, {**content, "vary": "X-Auth-Token", **_id_header(request), **(headers or {})}, encode(body))


def keystone_fault(request: SimRequest, status: int, message: str) -> SimReply:
    """Return Keystone's refusal: one error object; a 401 also says where to log in."""
    error = {"code": status, "message": message, "title": HTTPStatus(status).phrase}
    headers = _challenge(request) if status == 401 else {}
    return keystone_reply(request, status, {"error": error}, headers)


# --- all -----------------------------------------------------------------------------------------------


def unauthorized(request: SimRequest) -> SimReply:
    """Return the 401 for a missing, unknown or expired token in the words of the service that was asked."""
    if request.service == "identity":
        return keystone_fault(request, 401, NEEDS_LOGIN)
    if request.service == "image":
        message = (
            "This server could not verify that you are authorized to access the document you requested."
            " Either you supplied the wrong credentials (e.g., bad password), or your browser does not"
            " understand how to supply the credentials required."
        )
        return SimReply(401, {"content-type": _HTML} | _challenge(request), page(401, message))
    error = {"error": {"code": 401, "title": "Unauthorized", "message": NEEDS_LOGIN}}
    headers = {"content-type": _JSON} | _challenge(request) | _id_header(request)
    if request.service == "compute":
        headers["x-compute-request-id"] = request.request_id
    return SimReply(401, headers, encode(error))


def refusal(
    request: SimRequest,
    status: int,
    message: str,
    *,
    microversion: str = "2.1",
    retry_after_s: float | None = None,
) -> SimReply:
    """Return an error in the words of the service that was asked, for faults that any service can show."""
    if request.service == "compute":
        return nova_fault(request, status, message, microversion=microversion, retry_after_s=retry_after_s)
    if request.service == "volume":
        return cinder_fault(request, status, message, retry_after_s=retry_after_s)
    if request.service == "network":
        reply = neutron_fault(request, status, f"HTTP{HTTPStatus(status).phrase.replace(' ', '')}", message)
    elif request.service == "image":
        reply = glance_fault(request, status, message)
    else:
        reply = keystone_fault(request, status, message)
    if retry_after_s is None:
        return reply
    return msgspec.structs.replace(reply, headers={**reply.headers, "retry-after": f"{retry_after_s:g}"})


def page(status: int, message: str) -> bytes:
    """Return the HTML page that services without a JSON fault send."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return _PAGE.format(title, escape(message, quote=False)).encode()


def _id_header(request: SimRequest) -> dict[str, str]:
    return {"x-openstack-request-id": request.request_id}


def _challenge(request: SimRequest) -> dict[str, str]:
    return {"www-authenticate": f'Keystone uri="{request.base_url}/identity/v3"'}

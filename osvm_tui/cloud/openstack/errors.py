"""Exceptions of keystoneauth, the SDK, requests and TLS -> the one error tree. The only place that knows those trees.

Whether anything was sent decides: what failed before a request left is Unreachable, a changing request that left and
was not answered is AnswerLost. keystoneauth calls a read time-out a connect time-out, so the cause is looked at.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from osvm_tui.cloud.fault_map import service_name
from osvm_tui.cloud.transport import Call
from osvm_tui.domain.errors import (
    AnswerLost,
    CertificateError,
    CloudFault,
    ConfigError,
    Forbidden,
    OsvmError,
    Throttled,
    Unauthorized,
    Unreachable,
)

_CHECK = "check this entry in clouds.yaml"
_TRY_LATER = "the console tries again by itself"
_EXPIRED = frozenset({10})
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21, 24})
_WRONG_NAME = frozenset({62, 64})


def unanswered(error: Exception, call: Call, url: str) -> OsvmError:
    """Return what an exception means that came instead of a reply to `call`."""
    who, where = service_name(call.service), _place(url)
    known = _certificate(error, who, where) or _not_sent(error, who, where)
    if known is None and not call.changes:
        # TLS may also break after a request has left, so this tells nothing of a change.
        known = _tls(error, who, where)
    if known is not None:
        return known
    words = f"{who} at {where} {_silence(error, call.timeout_s)}"
    # What is no known failure of a connection may still have come after the request left.
    return AnswerLost(words) if call.changes else Unreachable(words)


def refused_login(error: Exception, auth_url: str) -> OsvmError:
    """Return what an exception means that came out of a login or of reading the catalog."""
    from keystoneauth1 import exceptions as ka

    where = _place(auth_url)
    known = (
        _certificate(error, "Keystone", where)
        or _tls(error, "Keystone", where)
        or _not_sent(error, "Keystone", where)
        or _refusal(error, where)
    )
    if known is not None:
        return known
    if isinstance(error, (ka.NotFound, ka.DiscoveryFailure, ka.InvalidResponse, ka.EmptyCatalog)):
        return _no_keystone(auth_url)
    if isinstance(error, (ka.ConnectTimeout, ka.ConnectFailure, ka.UnknownConnectionError)):
        return Unreachable(f"Keystone at {where} {_silence(error, None)}")
    if isinstance(error, ka.EndpointNotFound):
        words = f"the catalog of the Keystone at {where} has no such service: {_plain(error)}"
        return ConfigError(words, hint="check region_name and interface of this entry in clouds.yaml")
    if isinstance(error, ValueError):
        return _no_keystone(auth_url)
    return ConfigError(f"cannot log in at {where}: {_plain(error)}", hint=_CHECK)


def _refusal(error: Exception, where: str) -> OsvmError | None:
    from keystoneauth1.exceptions import http

    if isinstance(error, http.Unauthorized):
        return Unauthorized(f"Keystone at {where} does not accept these credentials", status=401)
    if isinstance(error, http.Forbidden):
        return Forbidden(f"Keystone at {where} refuses: {_plain(error)}", hint=_CHECK, status=403)
    if isinstance(error, http.HttpServerError):
        words = f"Keystone at {where} failed with {error.http_status}"
        return CloudFault(words, hint=_TRY_LATER, status=error.http_status)
    if isinstance(error, http.HTTPClientError) and error.http_status == 429:
        return Throttled(f"Keystone at {where} asks to slow down", hint=_TRY_LATER, status=429)
    return None


def _no_keystone(auth_url: str) -> ConfigError:
    return ConfigError(
        f"there is no Keystone v3 at {_safe(auth_url)}", hint="check auth_url of this entry in clouds.yaml"
    )


def _certificate(error: Exception, who: str, where: str) -> CertificateError | None:
    found = next((e for e in _causes(error) if isinstance(e, ssl.SSLCertVerificationError)), None)
    if found is None:
        return None
    if found.verify_code in _EXPIRED:
        why = "has expired"
    elif found.verify_code in _UNKNOWN_ISSUER:
        why = "is signed by nobody this machine trusts"
    elif found.verify_code in _WRONG_NAME:
        why = "is for another name"
    else:
        why = f"is refused: {found.verify_message}"
    return CertificateError(f"the certificate of {who} at {where} {why}")


def _tls(error: Exception, who: str, where: str) -> CertificateError | None:
    if any(isinstance(e, ssl.SSLError) for e in _causes(error)):
        return CertificateError(
            f"{who} at {where} does not speak TLS as expected", hint="check http or https in the address"
        )
    return None


def _not_sent(error: Exception, who: str, where: str) -> Unreachable | None:
    from requests import exceptions as rq
    from urllib3 import exceptions as u3

    for cause in _causes(error):
        if isinstance(cause, (rq.ProxyError, u3.ProxyError)):
            return Unreachable(f"the proxy {_proxy(where)} does not let us through to {who} at {where}")
        if isinstance(cause, u3.NameResolutionError):
            return Unreachable(f"the name of {who}'s host in {where} cannot be resolved")
        if isinstance(cause, (rq.ConnectTimeout, u3.ConnectTimeoutError)) and not isinstance(
            cause, u3.NewConnectionError
        ):
            return Unreachable(f"{who} at {where} cannot be reached: connecting timed out")
        if isinstance(cause, u3.NewConnectionError):
            return Unreachable(f"{who} at {where} cannot be reached: {_reason(cause)}")
        if isinstance(cause, (rq.InvalidURL, rq.MissingSchema, rq.InvalidSchema)):
            return Unreachable(f"{who}'s address {where} is no address", hint="check clouds.yaml and the catalog")
    return None


def _silence(error: Exception, timeout_s: float | None) -> str:
    from requests import exceptions as rq

    if any(isinstance(e, (rq.Timeout, TimeoutError)) for e in _causes(error)):
        return "did not answer" + (f" within {timeout_s:g} s" if timeout_s else " in time")
    if any(isinstance(e, (rq.RequestException, OSError)) for e in _causes(error)):
        return "closed the connection without an answer"
    return f"could not be asked ({type(error).__name__}: {_plain(error)})"


def _reason(error: Exception) -> str:
    system = next((e for e in _causes(error) if isinstance(e, OSError) and e.errno), None)
    return (system.strerror or str(system)).lower() if isinstance(system, OSError) else "no connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that is wrapped in it: cause, context, urllib3's `reason`, exceptions as arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else url


def _safe(url: str) -> str:
    parts = urlsplit(url)
    return _place(url) + parts.path if parts.netloc else url


def _proxy(url: str) -> str:
    from requests.utils import get_environ_proxies

    proxies = get_environ_proxies(url)
    found = proxies.get(urlsplit(url).scheme) or proxies.get("all") or ""
    return _place(found) if "//" in found else found


def _plain(error: Exception) -> str:
    words = " ".join(str(getattr(error, "message", None) or error).split())
    return words.partition(". ")[0].rstrip(".")

"""Whether a request may have been carried out when something other than a reply came."""

from __future__ import annotations

import ssl

import pytest
import requests
import urllib3

from osvm_tui.cloud.openstack.errors import unanswered
from osvm_tui.cloud.transport import Call
from osvm_tui.domain.errors import AnswerLost, CertificateError, OsvmError, Unreachable

CHANGE = Call(service="compute", method="POST", path="/servers")
LOOK = Call(service="compute", method="GET", path="/servers/detail")
URL = "https://nova.example:8774/v2.1/servers"


def broken_tls() -> Exception:
    inner = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    return requests.exceptions.SSLError(urllib3.exceptions.SSLError(inner))


def refused_certificate() -> Exception:
    inner = ssl.SSLCertVerificationError("certificate verify failed")
    inner.verify_code = 10
    return requests.exceptions.SSLError(urllib3.exceptions.SSLError(inner))


@pytest.mark.parametrize(
    ("failure", "change", "look"),
    [
        (broken_tls(), AnswerLost, CertificateError),
        (refused_certificate(), CertificateError, CertificateError),
        (requests.exceptions.ReadTimeout("read timed out"), AnswerLost, Unreachable),
        (requests.exceptions.ConnectTimeout("connecting timed out"), Unreachable, Unreachable),
        (requests.exceptions.ConnectionError("Connection aborted."), AnswerLost, Unreachable),
    ],
    ids=["TLS breaks", "certificate", "silence", "no connection", "closed"],
)
def test_a_change_that_may_have_arrived_is_lost(
    failure: Exception, change: type[OsvmError], look: type[OsvmError]
) -> None:
    assert type(unanswered(failure, CHANGE, URL)) is change
    assert type(unanswered(failure, LOOK, URL)) is look

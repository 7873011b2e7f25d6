"""Recorded and invented refusals -> errors with the cloud's words and request id."""

from __future__ import annotations

import json

import pytest

from osvm_tui.cloud.fault_map import fault, read_body
from osvm_tui.cloud.transport import Call, Reply
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
from tests.unit.cloud.recorded import recorded
from tests.unit.cloud.scripted import START

CALL = Call(service="compute", method="POST", path="/servers/x/action")


def error(reply: Reply) -> CloudError:
    return fault(CALL, reply, entry="e", now=START)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("error-403-quota", QuotaExceeded, "Quota exceeded for cores, instances"),
        ("error-403-reader-stop", Forbidden, "Policy doesn't allow os_compute_api:servers:stop"),
        ("projects-as-demo", Forbidden, "You are not authorized"),
        ("error-409-security-group-rule", Conflict, "Security group rule already exists"),
        ("action-stop-while-stopped", Conflict, "Cannot 'stop' instance"),
        ("action-stop-while-locked", Conflict, "is locked"),
        ("error-400-bad-marker", BadRequest, "marker [nope] not found"),
        ("error-406-microversion", BadRequest, "Version 2.999 is not supported"),
        ("error-404-server", NotFound, "could not be found"),
    ],
)
def test_recorded_refusals(name: str, kind: type[CloudError], words: str) -> None:
    reply = recorded(name)
    found = error(reply)
    assert type(found) is kind
    assert words in found.detail
    assert not found.detail.endswith(".")
    assert (found.status, found.entry, found.request_id) == (reply.status, "e", reply.request_id)
    assert found.request_id.startswith("req-")


@pytest.mark.parametrize(
    "body", [b"<html><head><title>404</title></head>Not Found</html>", b'{"message": "no Route matched"}']
)
def test_a_proxy_s_404_says_nothing_of_a_vm(body: bytes) -> None:
    found = error(Reply(404, {}, body))
    assert type(found) is CloudFault
    assert found.status == 404


@pytest.mark.parametrize(
    "words",
    [
        "VolumeLimitExceeded: Maximum number of volumes allowed (20) exceeded for quota 'volumes'.",
        "SnapshotLimitExceeded: Maximum number of snapshots allowed (10) exceeded",
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota.",
    ],
)
def test_a_413_of_cinder_is_a_quota_and_no_haste(words: str) -> None:
    reply = Reply(413, {"retry-after": "0"}, json.dumps({"overLimit": {"code": 413, "message": words}}).encode())
    call = Call(service="volume", method="POST", path="/v3/p/volumes")
    assert type(fault(call, reply, entry="e", now=START)) is QuotaExceeded
    hasty = Reply(413, {"retry-after": "3"}, b'{"overLimit": {"code": 413, "message": "Only 10 POST requests"}}')
    assert type(fault(call, hasty, entry="e", now=START)) is Throttled


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthorized),
        (405, BadRequest),
        (413, Throttled),
        (415, BadRequest),
        (429, Throttled),
        (500, CloudFault),
        (501, CloudFault),
        (503, CloudFault),
        (300, CloudFault),
    ],
)
def test_codes_without_a_body_have_a_sentence(status: int, kind: type[CloudError]) -> None:
    found = error(Reply(status, {}))
    assert type(found) is kind
    assert found.detail.startswith(f"Nova answered {status}")


def test_neutron_says_quota_with_409() -> None:
    body = b'{"NeutronError": {"type": "OverQuota", "message": "No more IP for you.", "detail": ""}}'
    assert isinstance(error(Reply(409, {}, body)), QuotaExceeded)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("2.5", 2.5), ("Sun, 01 Mar 2026 12:00:20 GMT", 20.0), ("soon", 1.0), ("", 1.0)],
)
def test_retry_after_in_both_its_forms(header: str, seconds: float) -> None:
    found = error(Reply(429, {"retry-after": header}))
    assert isinstance(found, Throttled)
    assert found.retry_after_s == seconds


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "", ""),
        (
            b"<html><head><title>503</title></head><body><h1>No server</h1> is\nhere</body></html>",
            "",
            "No server is here",
        ),
        (
            b'{"message": "Not allowed<br /><br />\\n\\n", "code": "403 Forbidden", "title": "Forbidden"}',
            "Forbidden",
            "Not allowed",
        ),
        (b'{"NeutronError": "plain words"}', "NeutronError", "plain words"),
        (b"[1, 2]", "", ""),
        (b"\xff\xfe", "", "��"),
        (
            b'{"computeFault": {"code": 500, "message": "Unexpected API Error.\\n<class \'x\'>"}}',
            "computeFault",
            "Unexpected API Error",
        ),
    ],
)
def test_bodies_of_every_shape(body: bytes, kind: str, words: str) -> None:
    assert read_body(body) == (kind, words)


def test_a_long_page_of_a_proxy_is_cut() -> None:
    assert len(read_body(b"x" * 5000)[1]) == 400

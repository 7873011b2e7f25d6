"""How each service words its answers and refusals."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from osvm_tui.cloud.mock import replies
from osvm_tui.cloud.mock.request import SimReply, SimRequest


def asked(service: str) -> SimRequest:
    return SimRequest(service, "GET", "/", base_url="http://cloud.test", request_id="req-1")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "badRequest"),
        (403, "forbidden"),
        (404, "itemNotFound"),
        (405, "badMethod"),
        (406, "computeFault"),
        (409, "conflictingRequest"),
        (413, "overLimit"),
        (429, "overLimit"),
        (500, "computeFault"),
        (501, "notImplemented"),
        (503, "serviceUnavailable"),
    ],
)
def test_nova_names_a_fault_after_its_status(status: int, name: str) -> None:
    reply = replies.nova_fault(asked("compute"), status, "no", microversion="2.93")
    assert reply.json() == {name: {"code": status, "message": "no"}}
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"
    assert reply.headers["openstack-api-version"] == "compute 2.93"


def test_nova_sends_its_request_id_under_both_names() -> None:
    headers = replies.nova_reply(asked("compute"), 200, {}).headers
    assert headers["x-openstack-request-id"] == headers["x-compute-request-id"] == "req-1"
    assert headers["x-openstack-nova-api-version"] == "2.1"


def test_ready_made_json_is_sent_as_it_is() -> None:
    assert replies.nova_reply(asked("compute"), 200, b'{"servers":[]}').body == b'{"servers":[]}'
    assert replies.neutron_reply(asked("network"), 204).body == b""


def test_neutron_names_the_exception() -> None:
    reply = replies.neutron_fault(asked("network"), 409, "OverQuota", "Quota exceeded")
    fault = {"type": "OverQuota", "message": "Quota exceeded", "detail": ""}
    assert reply.json() == {"NeutronError": fault}


def test_glance_refuses_with_a_page() -> None:
    reply = replies.glance_fault(asked("image"), 404, "No image found with ID <x>")
    assert reply.headers["content-type"] == "text/html; charset=UTF-8"
    assert b"<title>404 Not Found</title>" in reply.body
    assert b"No image found with ID &lt;x&gt;" in reply.body


@pytest.mark.parametrize("service", ["identity", "compute", "image", "network"])
def test_any_service_can_say_wait(service: str) -> None:
    reply = replies.refusal(asked(service), 503, "busy", retry_after_s=7)
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    assert b"busy" in reply.body


def test_nova_repeats_the_wait_in_the_body() -> None:
    fault = replies.nova_fault(asked("compute"), 429, "slow down", retry_after_s=2.0).json()
    assert fault == {"overLimit": {"code": 429, "message": "slow down", "retryAfter": "2"}}


def test_the_date_is_the_clouds() -> None:
    reply = replies.dated(SimReply(200), 1_790_000_000.0)
    assert parsedate_to_datetime(reply.headers["date"]).timestamp() == 1_790_000_000

"""Reading a request."""

from __future__ import annotations

from osvm_tui.cloud.mock.request import SimRequest


def test_a_request_gets_an_address_and_an_id_once() -> None:
    bare = SimRequest("compute", "GET", "/servers")
    first, second = bare.addressed("mock://a"), bare.addressed("mock://a")
    assert first.base_url == "mock://a"
    assert first.request_id.startswith("req-")
    assert first.request_id != second.request_id
    assert first.addressed("mock://b") is first


def test_the_address_at_which_a_face_was_asked_is_kept() -> None:
    asked = SimRequest("compute", "GET", "/servers", base_url="http://127.0.0.1:81").addressed("mock://a")
    assert asked.base_url == "http://127.0.0.1:81"


def test_query_parameters_may_come_more_than_once() -> None:
    request = SimRequest("network", "GET", "/v2.0/ports", query=(("fields", "id"), ("fields", "name")))
    assert request.first("fields") == "id"
    assert request.every("fields") == ["id", "name"]
    assert request.first("limit") is None


def test_a_path_matches_whole_and_with_its_method() -> None:
    request = SimRequest("image", "GET", "/v2/images/")
    assert request.match("GET", "/v2/images")
    assert request.match("DELETE", "/v2/images") is None
    assert request.match("GET", "/v2") is None


def test_only_an_object_is_a_body() -> None:
    assert SimRequest("compute", "POST", "/", body=b'{"a": 1}').json() == {"a": 1}
    for body in (b"", b"nope", b"[1]", b"\xff"):
        assert SimRequest("compute", "POST", "/", body=body).json() is None

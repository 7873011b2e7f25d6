"""The simulated Keystone: logging in, scopes, and what each role may read."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock import accounts
from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.bench_cloud import BenchCloud

PASSWORD_OF_DEMO = {"name": "demo", "domain": {"name": "Default"}, "password": "mock"}
SCOPE_DEMO = {"project": {"name": "demo", "domain": {"id": "default"}}}


def log_in(cloud: BenchCloud, user: dict[str, Any], scope: Any = None) -> SimReply:
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope is not None:
        auth["scope"] = scope
    return cloud.ask("identity", "POST", "/v3/auth/tokens", user=None, body={"auth": auth})


def log_in_again(cloud: BenchCloud, token: str, scope: Any = None) -> SimReply:
    auth: dict[str, Any] = {"identity": {"methods": ["token"], "token": {"id": token}}}
    if scope is not None:
        auth["scope"] = scope
    return cloud.ask("identity", "POST", "/v3/auth/tokens", user=None, body={"auth": auth})


def test_a_password_gives_a_scoped_token_with_roles_and_catalogue(cloud: BenchCloud) -> None:
    reply = log_in(cloud, PASSWORD_OF_DEMO, SCOPE_DEMO)
    token = reply.json()["token"]
    assert reply.status == 201
    assert reply.headers["x-subject-token"]
    assert token["project"]["id"] == accounts.PROJECTS["demo"].id
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    urls = {
        service["type"]: endpoint["url"]
        for service in token["catalog"]
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    }
    assert urls == {
        "identity": "http://cloud.test/identity/v3/",
        "compute": "http://cloud.test/compute/v2.1",
        "image": "http://cloud.test/image",
        "network": "http://cloud.test/network",
        "volumev3": f"http://cloud.test/volume/v3/{accounts.PROJECTS['demo'].id}",
    }


def test_the_token_that_was_given_opens_the_other_services(cloud: BenchCloud) -> None:
    text = log_in(cloud, PASSWORD_OF_DEMO, SCOPE_DEMO).headers["x-subject-token"]
    for service, path in (("compute", "/servers"), ("image", "/v2/images"), ("network", "/v2.0/ports")):
        reply = cloud.ask(service, "GET", path, user=None, headers={"x-auth-token": text})
        assert (service, reply.status) == (service, 200)


def test_ids_serve_as_well_as_names(cloud: BenchCloud) -> None:
    user = {"id": accounts.USERS["demo"].id, "password": "mock"}
    reply = log_in(cloud, user, {"project": {"id": accounts.PROJECTS["demo"].id}})
    assert (reply.status, reply.json()["token"]["project"]["name"]) == (201, "demo")


@pytest.mark.parametrize(
    ("user", "scope"),
    [
        ({**PASSWORD_OF_DEMO, "password": "wrong"}, SCOPE_DEMO),
        ({**PASSWORD_OF_DEMO, "name": "nobody"}, SCOPE_DEMO),
        ({**PASSWORD_OF_DEMO, "domain": {"name": "Elsewhere"}}, SCOPE_DEMO),
        (PASSWORD_OF_DEMO, {"project": {"name": "ops", "domain": {"id": "default"}}}),
        (PASSWORD_OF_DEMO, {"system": {"all": True}}),
    ],
    ids=["password", "user", "domain", "foreign project", "system"],
)
def test_a_wrong_login_is_401(cloud: BenchCloud, user: dict[str, Any], scope: Any) -> None:
    reply = log_in(cloud, user, scope)
    assert reply.status == 401
    assert reply.json()["error"]["title"] == "Unauthorized"
    assert "x-subject-token" not in reply.headers


@pytest.mark.parametrize("auth", [{}, {"identity": {}}, {"identity": {"methods": ["zork"]}}, [], None])
def test_a_malformed_login_is_400(cloud: BenchCloud, auth: Any) -> None:
    reply = cloud.ask("identity", "POST", "/v3/auth/tokens", user=None, body={"auth": auth})
    assert reply.status == 400
    assert reply.json()["error"]["message"].startswith("Expecting to find")


def test_a_token_can_be_scoped_anew(cloud: BenchCloud) -> None:
    operator = {**PASSWORD_OF_DEMO, "name": "operator"}
    unscoped = log_in(cloud, operator)
    assert "catalog" not in unscoped.json()["token"]
    text = unscoped.headers["x-subject-token"]
    scoped = log_in_again(cloud, text, {"project": {"name": "web", "domain": {"id": "default"}}})
    assert scoped.json()["token"]["project"]["name"] == "web"
    assert scoped.json()["token"]["expires_at"] == unscoped.json()["token"]["expires_at"]


def test_an_expired_token_cannot_be_scoped_anew(cloud: BenchCloud) -> None:
    text = log_in(cloud, PASSWORD_OF_DEMO).headers["x-subject-token"]
    cloud.clock.now += cloud.world.knobs.token_life
    assert log_in_again(cloud, text).status == 404


@pytest.mark.parametrize("service", ["identity", "compute", "image", "network"])
@pytest.mark.parametrize("token", [None, "bad"])
def test_without_a_good_token_every_service_answers_401(cloud: BenchCloud, service: str, token: str | None) -> None:
    path = {"identity": "/v3/projects", "compute": "/servers", "image": "/v2/images", "network": "/v2.0/ports"}
    headers = {"x-auth-token": token} if token else {}
    reply = cloud.ask(service, "GET", path[service], user=None, headers=headers)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Keystone uri="http://cloud.test/identity/v3"'


@pytest.mark.parametrize(
    ("user", "project", "expected"),
    [
        ("admin", "admin", ["admin", "manager", "member", "reader"]),
        ("demo", "demo", ["member", "reader"]),
        ("reader", "demo", ["reader"]),
    ],
)
def test_a_role_implies_the_lesser_ones(cloud: BenchCloud, user: str, project: str, expected: list[str]) -> None:
    scope = {"project": {"name": project, "domain": {"id": "default"}}}
    reply = log_in(cloud, {**PASSWORD_OF_DEMO, "name": user}, scope)
    assert [role["name"] for role in reply.json()["token"]["roles"]] == expected


def test_an_old_keystone_has_no_manager(old_cloud: BenchCloud) -> None:
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    reply = log_in(old_cloud, {**PASSWORD_OF_DEMO, "name": "admin"}, scope)
    assert [role["name"] for role in reply.json()["token"]["roles"]] == ["admin", "member", "reader"]
    listed = old_cloud.ask("identity", "GET", "/v3/roles", user="admin").json()["roles"]
    assert {role["name"] for role in listed} == {"admin", "member", "reader", "service"}


def test_a_user_sees_the_own_projects_and_nobody_elses(cloud: BenchCloud) -> None:
    own = cloud.ask("identity", "GET", "/v3/auth/projects", user="operator", project="ops")
    assert [row["name"] for row in own.json()["projects"]] == ["ops", "web", "batch"]
    every = cloud.ask("identity", "GET", "/v3/projects")
    assert every.status == 403
    assert every.json()["error"]["message"].endswith("identity:list_projects.")
    project = accounts.PROJECTS
    assert cloud.ask("identity", "GET", f"/v3/projects/{project['demo'].id}").status == 200
    assert cloud.ask("identity", "GET", f"/v3/projects/{project['ops'].id}").status == 403


def test_the_projects_of_a_user(cloud: BenchCloud) -> None:
    path = f"/v3/users/{accounts.USERS['operator'].id}/projects"
    for user, project in (("admin", "admin"), ("operator", "ops")):
        reply = cloud.ask("identity", "GET", path, user=user, project=project)
        assert [row["name"] for row in reply.json()["projects"]] == ["ops", "web", "batch"]
    assert cloud.ask("identity", "GET", path, user="demo").status == 403
    assert cloud.ask("identity", "GET", "/v3/users/none/projects", user="admin").status == 404


def test_an_administrator_lists_users_and_projects(cloud: BenchCloud) -> None:
    users = cloud.ask("identity", "GET", "/v3/users", user="admin")
    assert {row["name"] for row in users.json()["users"]} == {"admin", "demo", "reader", "operator"}
    named = cloud.ask("identity", "GET", "/v3/projects", user="admin", query=(("name", "web"),))
    assert [row["name"] for row in named.json()["projects"]] == ["web"]
    assert cloud.ask("identity", "GET", "/v3/users/none", user="admin").status == 404


def test_a_token_can_be_looked_at(cloud: BenchCloud) -> None:
    text = cloud.token()
    asked = {"x-subject-token": text}
    mine = cloud.ask("identity", "GET", "/v3/auth/tokens", headers=asked)
    assert mine.json()["token"]["user"]["name"] == "demo"
    foreign = cloud.ask("identity", "GET", "/v3/auth/tokens", user="reader", headers=asked)
    assert foreign.status == 403
    stale = cloud.ask("identity", "GET", "/v3/auth/tokens", headers={"x-subject-token": "bad"})
    assert stale.status == 404

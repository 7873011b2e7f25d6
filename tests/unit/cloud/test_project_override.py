"""Another project of an entry's user: what the SDK is told, and what cannot be moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from osvm_tui.cloud.openstack.entries import region_of
from osvm_tui.cloud.transport import is_id
from osvm_tui.domain.errors import ConfigError

ID = "0123456789abcdef0123456789abcdef"
CLOUDS = """
clouds:
  by-name:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: u, password: p, project_name: own,
           user_domain_name: d, project_domain_name: d}
  by-id:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: u, password: p, project_id: own-id, user_domain_name: d,
           project_domain_name: d}
  bound:
    auth_type: v3applicationcredential
    auth: {auth_url: "http://127.0.0.1:1/v3", application_credential_id: a, application_credential_secret: s}
"""


@pytest.fixture(autouse=True)
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))


def scope(entry: str, project: str = "") -> tuple[object, object, object]:
    auth = region_of(entry, {}, project).config["auth"]
    return auth.get("project_id"), auth.get("project_name"), auth.get("project_domain_name")


@pytest.mark.parametrize("entry", ["by-name", "by-id"])
def test_an_id_or_a_name_takes_the_place_of_the_entry_s_own(entry: str) -> None:
    assert scope(entry, ID)[:2] == (ID, None)
    assert scope(entry, "web") == (None, "web", "d")


def test_without_one_the_entry_stays_as_it_is() -> None:
    assert scope("by-name")[:2] == (None, "own")
    assert scope("by-id")[:2] == ("own-id", None)


def test_an_application_credential_belongs_to_one_project() -> None:
    with pytest.raises(ConfigError, match="belongs to one project"):
        region_of("bound", {}, "web")


def test_ids_are_told_from_names() -> None:
    assert is_id(ID)
    assert is_id("11111111-2222-3333-4444-555555555555")
    assert not is_id("web")
    assert not is_id(ID.upper())

"""What goes wrong before anything works: each is one clear sentence with a way on, and tells no secret."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from osvm_tui.cloud.openstack import entries
from osvm_tui.cloud.openstack.client import OpenStackCloud
from osvm_tui.domain.errors import (
    CertificateError,
    CloudFault,
    ConfigError,
    OsvmError,
    Unauthorized,
    Unreachable,
)
from tests.unit.cloud import loopback

Write = Callable[..., Path]
SECRET = "correct-horse"


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a writer of clouds.yaml; nothing else of this machine's configuration is seen."""
    for name in (
        "OS_CLOUD",
        "OS_AUTH_URL",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))

    def write(text: str = "", *, url: str = "", more: str = "", password: str = f"password: {SECRET}") -> Path:
        auth = f"auth_url: {url}, username: u, project_name: p, user_domain_name: d, project_domain_name: d, {password}"
        file.write_text(text or f"clouds:\n  far:\n    auth: {{{auth}}}\n    region_name: R\n    {more}\n")
        return file

    return write


async def failure(entry: str = "far") -> OsvmError:
    cloud = OpenStackCloud(entry)
    with pytest.raises(OsvmError) as caught:
        await cloud.connect()
    await cloud.close()
    assert SECRET not in repr(caught.value) + caught.value.detail + caught.value.hint
    assert "\n" not in caught.value.detail
    assert "Traceback" not in caught.value.detail
    assert caught.value.hint
    return caught.value


async def test_nobody_listens(clouds: Write) -> None:
    clouds(url=f"http://{loopback.closed()}/v3")
    error = await failure()
    assert type(error) is Unreachable
    assert error.detail.endswith("cannot be reached: connection refused")
    assert error.entry == "far"


async def test_the_name_is_unknown(clouds: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    clouds(url="http://keystone.example:5000/v3")
    error = await failure()
    assert error.detail == "the name of Keystone's host in http://keystone.example:5000 cannot be resolved"


async def test_silence(clouds: Write) -> None:
    with loopback.silent() as place:
        clouds(url=f"http://{place}/v3", more="api_timeout: 0.2")
        error = await failure()
    assert type(error) is Unreachable
    assert "did not answer in time" in error.detail


async def test_the_connection_is_closed(clouds: Write) -> None:
    with loopback.hanging_up() as place:
        clouds(url=f"http://{place}/v3")
        error = await failure()
    assert type(error) is Unreachable
    assert "closed the connection" in error.detail


async def test_wrong_credentials(clouds: Write) -> None:
    body = b'{"error": {"code": 401, "message": "The request you have made requires authentication."}}'
    with loopback.answering(401, body, "application/json") as place:
        clouds(url=f"http://{place}/v3")
        error = await failure()
    assert isinstance(error, Unauthorized)
    assert error.detail == f"Keystone at http://{place} does not accept these credentials"


@pytest.mark.parametrize("path", ["", "/", "/v3", "/identity/v3"])
@pytest.mark.parametrize("status", [200, 404])
async def test_a_web_page_instead_of_keystone(clouds: Write, path: str, status: int) -> None:
    with loopback.answering(status, b"<html><h1>Welcome</h1></html>") as place:
        clouds(url=f"http://{place}{path}")
        error = await failure()
    assert isinstance(error, ConfigError)
    assert error.detail == f"there is no Keystone v3 at http://{place}{path}"


async def test_keystone_is_broken(clouds: Write) -> None:
    with loopback.answering(503, b"<html>no server available</html>") as place:
        clouds(url=f"http://{place}/v3")
        error = await failure()
    assert isinstance(error, CloudFault)
    assert error.detail == f"Keystone at http://{place} failed with 503"


@pytest.mark.parametrize(
    ("days", "address", "trusted", "words"),
    [
        (-1, "127.0.0.1", True, "has expired"),
        (1, "127.0.0.1", False, "is signed by nobody this machine trusts"),
        (1, "127.0.0.9", True, "is for another name"),
    ],
)
async def test_certificates(clouds: Write, tmp_path: Path, days: int, address: str, trusted: bool, words: str) -> None:
    context, file = loopback.certificate(tmp_path, days=days, address=address)
    with loopback.answering(200, b"{}", tls=context) as place:
        clouds(url=f"https://{place}/v3", more=f"cacert: {file}" if trusted else "")
        error = await failure()
    assert isinstance(error, CertificateError)
    assert error.detail == f"the certificate of Keystone at https://{place} {words}"


async def test_https_where_http_is_spoken(clouds: Write) -> None:
    with loopback.answering(200, b"{}") as place:
        clouds(url=f"https://{place}/v3")
        error = await failure()
    assert isinstance(error, CertificateError)
    assert "does not speak TLS" in error.detail


async def test_the_proxy_refuses(clouds: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = loopback.closed()
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{SECRET}@{proxy}")
    clouds(url="http://cloud.example:5000/v3")
    error = await failure()
    assert type(error) is Unreachable
    assert error.detail == f"the proxy http://{proxy} does not let us through to Keystone at http://cloud.example:5000"


async def test_no_such_cloud(clouds: Write) -> None:
    file = clouds(url="http://x/v3")
    error = await failure("near")
    assert isinstance(error, ConfigError)
    assert error.detail == f"no cloud near in {file}; there are far"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clouds:\n  far:\n    auth: {a: b\n  next:\n", ", line 4: "),
        ("clouds:\n\tfar: 1\n", ", line 2: "),
        ("clouds: [far]\n", ": expected `clouds:` with a mapping"),
        ("clouds:\n  far: 5\n", ": cloud far: expected a mapping"),
        ("just words", ": expected `clouds:` with a mapping"),
    ],
)
async def test_a_broken_file_is_named_with_its_line(clouds: Write, text: str, words: str) -> None:
    file = clouds(text)
    with pytest.raises(ConfigError) as caught:
        entries.entries()
    assert str(file) in caught.value.detail
    assert words in caught.value.detail


def test_a_named_file_that_is_not_there(clouds: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nowhere/clouds.yaml")
    with pytest.raises(ConfigError, match="does not exist"):
        entries.entries()


def test_entries_are_listed_without_a_connection(clouds: Write) -> None:
    clouds(url="http://x:5000/v3")
    (entry,) = entries.entries()
    assert (entry.name, entry.auth_url, entry.region, entry.user_name) == ("far", "http://x:5000/v3", "R", "u")
    assert entries.default_entry() == "far"
    assert SECRET not in repr(entry)


def test_environment_variables_make_a_cloud(clouds: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds(url="http://x:5000/v3")
    monkeypatch.setenv("OS_AUTH_URL", "http://env:5000/v3")
    assert [entry.name for entry in entries.entries()] == ["far", "envvars"]
    assert entries.default_entry() == "envvars"


def test_a_missing_password_is_asked_for(clouds: Write) -> None:
    clouds(url="http://x/v3", password="")
    (prompt,) = entries.needs("far")
    assert (prompt.name, prompt.label, prompt.one_time) == ("password", "Password for far", False)
    clouds(url="http://x/v3")
    assert entries.needs("far") == ()


def test_a_second_factor_is_asked_for_each_time(clouds: Write) -> None:
    clouds(url="http://x/v3", more="auth_type: v3multifactor\n    auth_methods: [v3password, v3totp]")
    (prompt,) = entries.needs("far")
    assert (prompt.name, prompt.one_time) == ("passcode", True)


def test_an_application_credential_without_its_secret(clouds: Write) -> None:
    auth = "{auth_url: http://x/v3, application_credential_id: a}"
    clouds(f"clouds:\n  far:\n    auth_type: v3applicationcredential\n    auth: {auth}\n")
    assert [prompt.name for prompt in entries.needs("far")] == ["application_credential_secret"]


async def test_an_unknown_way_to_log_in(clouds: Write) -> None:
    clouds(url="http://x/v3", more="auth_type: handshake")
    error = await failure()
    assert isinstance(error, ConfigError)
    assert "handshake" in error.detail

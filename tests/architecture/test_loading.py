"""What is loaded when: each case runs in a process of its own and tells which modules it ended up with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

HEAVY = ("openstack", "keystoneauth1", "requests", "paramiko", "sqlalchemy", "alembic", "aiosqlite", "pydantic")
SERVERS = ("starlette", "uvicorn")

TELL = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"

FIRST_PAINT = """
import sys
from osvm_tui.services.console import Console
async def painted(self):
    with open({file!r}, "w") as file:
        print(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=file)
    from textual._context import active_app
    active_app.get().exit()
Console.start = painted
from osvm_tui.cli import main
main({arguments!r})
"""

CLOUDS = """
clouds:
  prod:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: u, password: p, project_name: p,
           user_domain_name: d, project_domain_name: d}
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine of its own, with nothing configured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "OSVM_", "XDG_"))}
    return {**kept, "HOME": str(tmp_path), "OSVM_STATE_DIR": str(tmp_path / "state"), "TERM": "xterm-256color"}


def loaded(code: str, environ: dict[str, str], cwd: Path) -> set[str]:
    run = subprocess.run([sys.executable, "-c", code], env=environ, cwd=cwd, capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def first_paint(arguments: list[str], environ: dict[str, str], cwd: Path) -> set[str]:
    """Run the console in a pty up to the moment at which the first picture stands."""
    file = cwd / "loaded.txt"
    code = FIRST_PAINT.format(file=str(file), arguments=arguments)
    child = pexpect.spawn(sys.executable, ["-c", code], env=environ, cwd=str(cwd), dimensions=(36, 120), timeout=60)
    child.expect(pexpect.EOF)
    child.close()
    return set(file.read_text().split())


def test_services_load_no_textual_and_no_adapter(environ: dict[str, str], tmp_path: Path) -> None:
    names = loaded(f"import osvm_tui.services.console; {TELL}", environ, tmp_path)
    assert "osvm_tui" in names
    assert not names & {"textual", *HEAVY, *SERVERS}


def test_the_version_loads_almost_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    names = loaded(f"from osvm_tui.cli.root import run; run(['--version']); {TELL}", environ, tmp_path)
    assert not names & {"textual", "rich", *HEAVY, *SERVERS}


def test_headless_verbs_load_no_textual(environ: dict[str, str], tmp_path: Path) -> None:
    listed = f"from osvm_tui.cli.root import run; assert run(['vm', 'list', '--mock']) == 0; {TELL}"
    names = loaded(listed, environ, tmp_path)
    assert "sqlalchemy" in names
    assert not names & {"textual", "openstack", "paramiko", "pydantic", *SERVERS}


def test_the_first_paint_on_the_simulated_cloud(environ: dict[str, str], tmp_path: Path) -> None:
    names = first_paint(["--mock"], environ, tmp_path)
    assert "textual" in names
    assert not names & {*HEAVY, *SERVERS}


def test_the_first_paint_of_a_known_cloud(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    for arguments in ([], ["--cloud", "prod"]):
        first_paint(arguments, environ, tmp_path)
        names = first_paint(arguments, environ, tmp_path)
        assert "textual" in names
        assert not names & {*HEAVY, *SERVERS}


def test_a_secret_to_be_asked_for_is_asked_at_every_start(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS.replace("password: p,", ""))
    for _ in range(2):
        child = pexpect.spawn(
            sys.executable, ["-m", "osvm_tui"], env=environ, cwd=str(tmp_path), timeout=60, encoding="utf-8",
            # A test run in the background has SIGINT ignored, and its children with it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        child.expect("assword")
        child.sendcontrol("c")
        child.expect(pexpect.EOF)
        child.close()
        assert "Traceback" not in (child.before or "")

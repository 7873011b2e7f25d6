"""The log file: private, structured, and without secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from osvm_tui.logs import hide_secrets, without_secrets

WRITE = """
import logging, sys
from pathlib import Path
from osvm_tui.logs import start_logging
start_logging(Path(sys.argv[1]))
log = logging.getLogger("osvm.test")
log.debug("too quiet")
log.info("sent %s", {"adminPass": "hunter2", "auth": {"password": "hunter2"}})
log.warning("told", extra={"user_data": "hunter2", "vm": "web-1", "items": [{"token": "hunter2"}]})
try:
    raise ValueError("https://ops:hunter2@cloud/v3?password=hunter2")
except ValueError:
    log.exception("X-Auth-Token: hunter2")
import structlog
structlog.get_logger("osvm.other").error("bound", passphrase="hunter2", count=3)
"""


@pytest.fixture(scope="module")
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("state") / "log" / "osvm.log"
    run = subprocess.run([sys.executable, "-c", WRITE, str(file)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return file


def test_no_secret_reaches_the_file(log_file: Path) -> None:
    assert "hunter2" not in log_file.read_text()


def test_each_line_is_one_json_object(log_file: Path) -> None:
    rows = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert [row["level"] for row in rows] == ["info", "warning", "error", "error"]
    assert rows[1]["vm"] == "web-1"
    assert rows[2]["exception"].startswith("Traceback")
    assert rows[3]["count"] == 3
    assert all(row["timestamp"].endswith("Z") and row["logger"] for row in rows)


def test_only_the_owner_may_read_it(log_file: Path) -> None:
    assert log_file.stat().st_mode & 0o777 == 0o600
    assert log_file.parent.stat().st_mode & 0o777 == 0o700


def test_a_place_that_cannot_be_written_is_no_error() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WRITE, "/proc/no/osvm.log"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        'OS_PASSWORD: "hunter2 with words"',
        "'adminPass': 'hunter2'",
        '{"user_data": "hunter2"}',
        "authorization: Bearer hunter2",
        "application_credential_secret=hunter2&x=1",
        "postgresql+asyncpg://osvm:hunter2@db/osvm",
        "?token=hunter2",
    ],
)
def test_secrets_in_texts_are_hidden(text: str) -> None:
    assert "hunter2" not in hide_secrets(text)


def test_what_is_no_secret_stays() -> None:
    kept = {"vm": "web-1", "token_expires": 3, "list": ["a", 2, None], "url": "https://cloud:5000/v3"}
    assert without_secrets(kept) == kept

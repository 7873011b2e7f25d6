"""The log file: structured lines by structlog, rotated, 0600, without secrets; never the terminal.

Records of the standard library's `logging` and of structlog come out the same, one JSON object a line.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from osvm_tui.paths import private_dir

MAX_BYTES = 5_000_000
KEPT_FILES = 3
HIDDEN = "(hidden)"

SECRET_NAMES = r"(?:admin_?pass|password|passwd|passcode|passphrase|secret|token|user_data|private_key|authorization)"
_KEY = re.compile(rf"{SECRET_NAMES}|^x-.*-token$", re.IGNORECASE)
_PAIR = re.compile(
    rf"""((?:[\w-]*{SECRET_NAMES}[\w-]*)["']?\s*[:=]\s*)(["'](?:\\.|[^"'\\])*["']|(?:bearer\s+)?[^\s,;&"')}}\]]+)""",
    re.IGNORECASE,
)
_URL = re.compile(r"(://[^/\s:@]+:)[^@\s/]+(@)")


class LateLines(logging.Formatter):
    """Writes structured lines; loads structlog with the first record, because the first picture waits for no log."""

    _lines: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as one JSON object."""
        if self._lines is None:
            self._lines = _structured_lines()
        return self._lines.format(record)


class PrivateRotatingFile(RotatingFileHandler):
    """A rotating log file that only its owner may read."""

    def _open(self) -> Any:
        stream = super()._open()
        os.chmod(self.baseFilename, 0o600)
        return stream


def start_logging(file: Path, level: str = "info") -> None:
    """Send all records of `level` and above to `file`; a directory that cannot be written means no log, no error."""
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(level.upper())
    try:
        private_dir(file.parent)
        handler: logging.Handler = PrivateRotatingFile(
            file, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(LateLines())
    root.addHandler(handler)
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    for noisy in ("keystoneauth", "urllib3", "openstack", "stevedore", "aiosqlite", "asyncio", "paramiko"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def hide_secrets(text: str) -> str:
    """Return `text` with values behind secret-looking names, and passwords in URLs, replaced."""
    return _URL.sub(rf"\1{HIDDEN}\2", _PAIR.sub(rf"\1{HIDDEN}", text))


def without_secrets(value: Any) -> Any:
    """Return `value` with secrets hidden at every depth of mappings and lists."""
    if isinstance(value, Mapping):
        return dict(_hidden_items(value))
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return hide_secrets(value) if isinstance(value, str) else value


def _hidden_items(mapping: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    for key, value in mapping.items():
        secret = _KEY.search(str(key)) and not isinstance(value, bool | int | float | None)
        yield key, HIDDEN if secret else without_secrets(value)


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return dict(_hidden_items(event))


def _structured_lines() -> logging.Formatter:
    import structlog

    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact,
            structlog.processors.JSONRenderer(),
        ],
    )

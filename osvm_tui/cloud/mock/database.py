"""The file of a simulated cloud: schema, opening, settings. Knows rows and bytes, not what they mean."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

FORMAT = 2
BUSY_TIMEOUT_S = 30.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS servers (id TEXT PRIMARY KEY, rev INTEGER NOT NULL, record BLOB);
CREATE INDEX IF NOT EXISTS servers_rev ON servers (rev);
CREATE TABLE IF NOT EXISTS things (
    kind TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, record BLOB, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS things_rev ON things (rev);
CREATE TABLE IF NOT EXISTS actions (
    server TEXT NOT NULL, started REAL NOT NULL, request TEXT NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS actions_server ON actions (server, started);
CREATE TABLE IF NOT EXISTS script (id INTEGER PRIMARY KEY, record BLOB NOT NULL);
"""
TABLES = ("settings", "servers", "things", "actions", "script")


class NotACloud(Exception):
    """The file is missing, or is no simulated cloud of this format."""


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the cloud's file in WAL mode with explicit transactions.

    With `create`, the file is made (mode 0600: it holds the key that signs tokens) and given its tables.
    Raise NotACloud if it is not there or is something else.
    """
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    elif not path.is_file():
        raise NotACloud(f"there is no simulated cloud at {path}")
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if create:
            connection.executescript(SCHEMA)
        if not create and setting(connection, "format") != FORMAT:
            raise NotACloud(f"{path} was written by another version; make a new cloud with reset")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise NotACloud(f"{path} is not a simulated cloud: {error}") from error
    except NotACloud:
        connection.close()
        raise
    return connection


def setting(connection: sqlite3.Connection, name: str, default: Any = None) -> Any:
    """Return one setting as the JSON value that was stored."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return default if row is None else msgspec.json.decode(row[0])


def settings(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return all settings."""
    return {name: msgspec.json.decode(value) for name, value in connection.execute("SELECT * FROM settings")}


def set_setting(connection: sqlite3.Connection, name: str, value: Any) -> None:
    """Store one setting as JSON."""
    connection.execute(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, msgspec.json.encode(value)),
    )

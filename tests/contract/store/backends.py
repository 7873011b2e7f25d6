"""Where the store's contract runs: a SQLite file, and a database of its own on the server of OSVM_TEST_DATABASE_URL."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import make_url

from osvm_tui.store.engine import default_url
from osvm_tui.store.sql import SqlStore
from tests.contract.store.samples import Clock

SERVER_URL = os.environ.get("OSVM_TEST_DATABASE_URL", "")
KINDS = ["sqlite", "postgresql"] if SERVER_URL else ["sqlite"]


class Backend:
    """One fresh store on which several consoles may be opened."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.clock = Clock()
        self.url = default_url(folder / "osvm.db")
        self._name = f"osvm_{uuid4().hex}"
        self._stores: list[SqlStore] = []

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.folder / "osvm.db"

    async def start(self) -> None:
        """Make the server's database; a SQLite file makes itself."""
        if self.kind == "postgresql":
            await self._on_server(f"CREATE DATABASE {self._name}")
            self.url = make_url(SERVER_URL).set(database=self._name).render_as_string(hide_password=False)
            store = SqlStore(self.url, spool_dir=self.folder, owner="upgrade", now=self.clock)
            await store.upgrade()

    async def console(self, owner: str = "console-1", **over: Any) -> SqlStore:
        """Open the store as one more console."""
        values: dict[str, Any] = {"spool_dir": self.folder / "spool", "owner": owner, "now": self.clock}
        store = SqlStore(self.url, **{**values, **over})
        await store.open()
        self._stores.append(store)
        return store

    async def stop(self) -> None:
        """Close every console and drop the server's database."""
        for store in self._stores:
            await store.close()
        if self.kind == "postgresql":
            await self._on_server(f"DROP DATABASE {self._name} WITH (FORCE)")

    async def _on_server(self, statement: str) -> None:
        import asyncpg  # type: ignore[import-untyped]

        url = make_url(SERVER_URL).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def now(self) -> datetime:
        """Return what this backend's consoles take for now."""
        return self.clock()

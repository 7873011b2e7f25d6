"""Turns the errors of drivers, SQLAlchemy and the file system into StoreError and its kinds; knows no table."""

from __future__ import annotations

import errno

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from osvm_tui.domain.errors import SchemaMismatch, StoreCorrupt, StoreError, StoreReadOnly

_UNWRITABLE_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG})
_UNWRITABLE_IO = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHM", "SQLITE_IOERR_TRUNCATE")
_PG_UNWRITABLE = frozenset({"25006", "42501", "53100"})
_PG_NO_SCHEMA = frozenset({"42P01", "42703"})
_MISSING = ("no such table", "no such column", "has no column")


def store_error(error: BaseException) -> StoreError:
    """Return the StoreError that `error` means; its text never carries parameters or a password.

    Sources: SQLite's result codes, PostgreSQL's appendix of SQLSTATE codes.
    """
    if isinstance(error, StoreError):
        return error
    if isinstance(error, DBAPIError):
        return _from_driver(error.orig or error)
    if isinstance(error, OSError):
        kind = StoreReadOnly if error.errno in _UNWRITABLE_ERRNO else StoreError
        return kind(error.strerror or type(error).__name__)
    if isinstance(error, SQLAlchemyError):
        return StoreError(f"{type(error).__name__}: {error.args[0] if error.args else ''}")
    return StoreError(f"{type(error).__name__}: {error}")


def _from_driver(error: BaseException) -> StoreError:
    name = str(getattr(error, "sqlite_errorname", "") or "")
    if name:
        return _from_sqlite(name, str(error))
    state = str(getattr(error, "sqlstate", "") or "")
    if state:
        return _from_postgresql(state, str(error).partition("\n")[0])
    return StoreError(str(error).partition("\n")[0])


def _from_sqlite(name: str, text: str) -> StoreError:
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreCorrupt(text, hint="restart the console: the damaged file is then set aside and a new one made")
    if name == "SQLITE_FULL":
        return StoreReadOnly("the disk is full")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", *_UNWRITABLE_IO)):
        return StoreReadOnly(f"{text} ({name})")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError("another console holds the store", hint="it is tried again; look for a stopped console")
    if any(words in text for words in _MISSING):
        return SchemaMismatch(text)
    return StoreError(f"{text} ({name})")


def _from_postgresql(state: str, text: str) -> StoreError:
    if state in _PG_UNWRITABLE:
        return StoreReadOnly(text)
    if state in _PG_NO_SCHEMA:
        return SchemaMismatch("the database has no schema of this console, or another one")
    if state.startswith("XX00") and state != "XX000":
        return StoreCorrupt(text)
    return StoreError(text)

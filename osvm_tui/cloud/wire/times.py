"""Times on the wire. Every time of Nova, Neutron, Glance and Keystone is UTC, with or without a zone mark."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def utc(value: datetime | None) -> datetime | None:
    """Return `value` as an aware UTC time; Nova leaves the zone out of launched_at and its action log."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def nova_time(value: datetime) -> str:
    """Return `value` as Nova takes it in changes-since: whole seconds, UTC, ending in Z."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(text: str) -> datetime | None:
    """Return a reply's Date header as a time, None when there is none or it is no date."""
    try:
        return utc(parsedate_to_datetime(text)) if text else None
    except ValueError:
        return None

"""os-simple-tenant-usage: wire rows -> domain values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Raw, Struct

from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.usage import VmUsage


class UsageRow(Struct, gc=False):
    """One server of a project's usage."""

    instance_id: str = ""
    name: str = ""
    tenant_id: str = ""
    flavor: str = ""
    hours: Decimal = Decimal(0)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    state: str | None = None

    def value(self) -> VmUsage:
        """Return it as the domain's value."""
        return VmUsage(
            vm_id=self.instance_id,
            name=self.name,
            project_id=self.tenant_id,
            flavor=self.flavor,
            hours=self.hours,
            started_at=utc(self.started_at),
            ended_at=utc(self.ended_at),
            state=self.state or "",
        )


class ProjectRow(Struct, gc=False):
    """One project's usage; an idle one is an empty object."""

    server_usages: Raw = Raw(b"[]")


def of_projects(pages: list[Raw]) -> tuple[VmUsage, ...]:
    """Return the VMs of a list of projects, page after page."""
    projects = [project for page in pages for project in rows.many(page, ProjectRow)]
    return _servers(projects)


def of_project(pages: list[Raw]) -> tuple[VmUsage, ...]:
    """Return the VMs of one project, page after page."""
    return _servers([rows.one(page, ProjectRow) for page in pages])


def _servers(projects: list[ProjectRow]) -> tuple[VmUsage, ...]:
    found = [row for project in projects for row in rows.many(project.server_usages, UsageRow)]
    return tuple(row.value() for row in found if row.instance_id)


def usage_time(moment: datetime) -> str:
    """Return a time as this call takes it: UTC without a zone mark, which would be refused."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")

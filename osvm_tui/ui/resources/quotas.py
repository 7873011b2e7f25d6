"""Quotas: what a project may have, what it has, and what is left."""

from __future__ import annotations

from textual.content import Content

from osvm_tui.domain.catalog import CatalogKind, QuotaItem
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token, count, mib
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import NEARLY_FULL, NONE, bar, gib, share, words
from osvm_tui.ui.resources.resource import Entry, Facts, Resource

_WORDS = {
    "instances": "VMs",
    "cores": "vCPU",
    "ram": "memory",
    "gigabytes": "volume storage",
    "volumes": "volumes",
    "snapshots": "volume snapshots",
    "backup_gigabytes": "backup storage",
    "floatingip": "floating IPs",
    "floating_ips": "floating IPs",
    "network": "networks",
    "subnet": "subnets",
    "port": "ports",
    "router": "routers",
    "security_group": "security groups",
    "security_group_rule": "security rules",
    "key_pairs": "key pairs",
    "server_groups": "server groups",
    "server_group_members": "VMs in a server group",
    "metadata_items": "metadata of a VM",
}


class Quotas(Resource[QuotaItem]):
    """Limits of a project."""

    place = "quota"
    kind = CatalogKind.QUOTA
    noun = "quotas"
    one = "quota"

    def id_of(self, item: QuotaItem) -> str:
        return item.resource

    def name(self, item: QuotaItem) -> str:
        return _WORDS.get(item.resource, item.resource.replace("_", " "))

    def order(self, item: QuotaItem) -> tuple[int, str]:
        known = list(_WORDS)
        return (known.index(item.resource) if item.resource in known else len(known), item.resource)

    def columns(self, around: Around) -> tuple[Column[Entry[QuotaItem]], ...]:
        return (
            words("name", "OF", 22, lambda row: self.name(row.item), grow=1),
            bar("share", "SHARE", lambda row: (row.item.used, row.item.limit), around),
            Column("used", "USED", 10, _used, lambda row: row.item.used, 1, right=True),
            Column("limit", "LIMIT", 10, _limit, lambda row: row.item.limit, right=True),
            Column("left", "LEFT", 10, _left, lambda row: _left_key(row.item), right=True),
            words("project", "PROJECT", 12, lambda row: around.project_of(row.cloud), priority=3, token=Token.DIM),
            words("resource", "NAME IN THE API", 20, lambda row: row.item.resource, priority=4, token=Token.DIM),
        )

    def uses(self, row: Entry[QuotaItem], around: Around) -> int:
        return 0

    def detail(self, row: Entry[QuotaItem], around: Around) -> Facts:
        item = row.item
        limit = "unlimited" if item.limit < 0 else f"of {amount(item, item.limit)}"
        return (
            (self.name(item), f"{amount(item, item.used)} used, {limit}"),
            ("left", _coloured(item, _left(row).text) if item.limit >= 0 else ""),
            ("project", around.project_of(row.cloud)),
            ("", _advice(item)),
        )


def amount(item: QuotaItem, value: int) -> str:
    """Return an amount of a quota with its unit."""
    if item.resource == "ram":
        return mib(value)
    return gib(value) if item.resource.endswith("gigabytes") else count(value)


def _coloured(item: QuotaItem, text: str) -> Content:
    token = _token(item)
    return Content.styled(text, f"$state-{token}") if token else Content(text)


def _token(item: QuotaItem) -> str:
    if item.limit < 0 or not (item.limit or item.used):
        return ""
    part = share(item.used, item.limit)
    return "wrong" if part >= 1 else "stale" if part > NEARLY_FULL else ""


def _advice(item: QuotaItem) -> str:
    return "the cloud refuses more until something is deleted or an admin raises it" if _token(item) == "wrong" else ""


def _used(row: Entry[QuotaItem]) -> Cell:
    return Cell(amount(row.item, row.item.used))


def _limit(row: Entry[QuotaItem]) -> Cell:
    return Cell(amount(row.item, row.item.limit)) if row.item.limit >= 0 else Cell("unlimited", Token.DIM)


def _left(row: Entry[QuotaItem]) -> Cell:
    left = row.item.left
    return NONE if left is None else Cell(amount(row.item, left))


def _left_key(item: QuotaItem) -> float:
    return float("inf") if item.left is None else item.left


RESOURCE = Quotas()

"""The routes that VMs are walked along for the comparison: each verb, and again where its way is another."""

from __future__ import annotations

from msgspec import Struct


class Leg(Struct, frozen=True):
    """One verb on the route."""

    verb: str
    actor: str = "member"
    only_leads: bool = False
    """Whether it is only the way to the next one."""
    note: str = ""
    """What is special, where a verb is walked more than once."""
    leaves: str = ""
    """The task in which it is left, for a next verb that needs a busy VM."""
    rests: str = ""
    """The vm_state in which it comes to rest, where that is not the verb's usual end."""
    given: dict[str, object] = {}
    """Parameters beside the usual ones."""

    @property
    def name(self) -> str:
        """What the walk is called in the report."""
        return f"{self.verb}, {self.note}" if self.note else self.verb


ROUTE: tuple[Leg, ...] = (
    Leg("console-output"),
    Leg("remote-console"),
    Leg("diagnostics", "admin"),
    Leg("update-server"),
    Leg("set-metadata"),
    Leg("delete-metadata"),
    Leg("set-tags"),
    Leg("delete-tags"),
    Leg("lock"),
    Leg("unlock"),
    Leg("add-security-group"),
    Leg("remove-security-group"),
    Leg("add-floating-ip"),
    Leg("remove-floating-ip"),
    Leg("attach-volume"),
    Leg("update-volume-attachment"),
    Leg("detach-volume"),
    Leg("attach-interface"),
    Leg("detach-interface"),
    Leg("change-password"),
    Leg("trigger-crash-dump"),
    Leg("inject-network-info", "admin"),
    Leg("create-image"),
    Leg("create-backup"),
    Leg("reboot-soft"),
    Leg("reboot-hard"),
    Leg("pause"),
    Leg("unpause"),
    Leg("suspend"),
    Leg("resume"),
    Leg("stop"),
    Leg("start"),
    Leg("rescue"),
    Leg("unrescue"),
    Leg("rebuild"),
    Leg("resize"),
    Leg("confirm-resize"),
    Leg("migrate", "admin"),
    Leg("revert-resize"),
    Leg("live-migrate", "admin"),
    Leg("live-migrate", "admin", only_leads=True, leaves="migrating"),
    Leg("live-migrate-abort", "admin"),
    Leg("live-migrate", "admin", only_leads=True, leaves="migrating"),
    Leg("live-migrate-force-complete", "admin"),
    Leg("shelve"),
    Leg("unshelve"),
    Leg("reset-state", "admin", given={"state": "error"}),
    Leg("stop", note="in error"),
    Leg("reboot-hard", note="stopped"),
    Leg("pause", only_leads=True),
    Leg("reboot-hard", note="paused"),
    Leg("stop", only_leads=True),
    Leg("rebuild", note="stopped", rests="stopped"),
    Leg("migrate", "admin", note="stopped"),
    Leg("confirm-resize", note="stopped"),
    Leg("migrate", "admin", only_leads=True),
    Leg("revert-resize", note="stopped", rests="stopped"),
    Leg("rescue", note="stopped"),
    Leg("unrescue", note="once stopped"),
    Leg("suspend", only_leads=True),
    Leg("shelve", note="suspended"),
    Leg("unshelve", note="once suspended"),
)
RARE = ("SHELVED", "SOFT_DELETED")
"""What a cloud must be set up for: shelved VMs stay on their hosts, deletes are deferred."""
KEPT: tuple[Leg, ...] = (
    Leg("shelve", note="kept on its host"),
    Leg("unshelve", note="from its host"),
    Leg("shelve", only_leads=True),
    Leg("shelve-offload", "admin"),
    Leg("unshelve", only_leads=True),
    Leg("delete", note="deferred", rests="soft-delete"),
    Leg("restore"),
    Leg("delete", only_leads=True, rests="soft-delete"),
    Leg("force-delete"),
)
"""The way of a second VM on a cloud that is set up so."""

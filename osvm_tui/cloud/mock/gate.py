"""Decides whether Nova accepts an action on a server, in Nova's order of checks and words of refusal.

Order: lock, host, vm_state, task_state, never launched; the actions that need the host to be up look at the
state before the host. Lookup and policy come before, in the caller.
"""

from __future__ import annotations

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.rules import Rule

GENERIC_LOCK_TEXT = frozenset({"changePassword", "restore"})


def check(call: NovaCall, entry: Entry, rule: Rule) -> None:
    """Raise Refused (409) if the server's lock or state forbids what `rule` describes."""
    server, moment = entry.server, entry.moment
    if rule.lock and server.locked_by is not None and not call.caller.is_admin:
        raise Refused(409, _locked(server.id, rule))
    if rule.host_up:
        _states(entry, rule)
    if rule.host and moment.host is None:
        raise Refused(409, f"Instance {server.id} is not ready")
    _states(entry, rule)


def _states(entry: Entry, rule: Rule) -> None:
    server, moment = entry.server, entry.moment
    if rule.vm_states is not None and moment.vm_state not in rule.vm_states:
        raise Refused(409, _conflict(server.id, rule, "vm_state", moment.vm_state))
    if rule.task_states is not None and moment.task_state not in rule.task_states:
        raise Refused(409, _conflict(server.id, rule, "task_state", moment.task_state))
    if rule.launched and moment.launched_at is None:
        raise Refused(409, _conflict(server.id, rule, "launched_at", None))


def _locked(server_id: str, rule: Rule) -> str:
    if rule.word in GENERIC_LOCK_TEXT:
        return f"Instance {server_id} is in an invalid state for '{rule.word}'"
    return f"Instance {server_id} is locked"


def _conflict(server_id: str, rule: Rule, attribute: str, value: str | None) -> str:
    if value is None:
        return f"Instance {server_id} is in an invalid state for '{rule.word}'"
    return f"Cannot '{rule.word}' instance {server_id} while it is in {attribute} {value}"

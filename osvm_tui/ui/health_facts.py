"""What `:health` shows, in blocks: a pure reading of `HealthView` and the last API calls; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from textual.content import Content

from osvm_tui.services.api import ApiCall, HealthView, ScopeState, ScopeView
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import GLYPHS, Token, count, long_age, moment, size
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable

BLOCKS = ("checks", "store", "console", "versions")
"""The blocks of the grid; clouds stand above it, calls below it."""
SCOPE_TOKENS = {
    ScopeState.LIVE: Token.RUNNING,
    ScopeState.CONNECTING: Token.CHANGING,
    ScopeState.CACHED: Token.STALE,
    ScopeState.STALE: Token.STALE,
    ScopeState.FAILED: Token.WRONG,
}
_CALLS_SHOWN = 15


def blocks(view: HealthView, calls: Sequence[ApiCall], options: UiOptions) -> dict[str, Content]:
    """Return each block's content by its name."""
    return {
        "clouds": Content("\n\n").join(scope_facts(scope, options) for scope in view.scopes),
        "checks": Content("\n").join(
            _check(each.ok, each.warning, each.name, each.detail, each.hint, options) for each in view.checks
        ),
        "store": _store(view),
        "console": _console(view),
        "versions": facts(view.versions),
        "last calls": Content("\n").join(_call(each, options) for each in calls[:_CALLS_SHOWN]),
    }


def scope_facts(scope: ScopeView, options: UiOptions) -> Content:
    """Return what is known of one entry of clouds.yaml: state with its age, reach, cost, and its trouble."""
    now, token = options.clock(), SCOPE_TOKENS[scope.state]
    head = Content.assemble(
        (f"{GLYPHS[options.glyphs][token]} {scope.state}", f"$state-{token}"),
        "  ",
        (printable(scope.entry), "bold"),
        ("  simulated" if scope.scope and scope.scope.simulated else "", "$state-stale"),
        ("  actions go through it" if scope.acting else "", "$dim"),
    )
    seen = long_age((now - scope.last_good_at).total_seconds()) + " ago" if scope.last_good_at else "never"
    reach = scope.scope
    leader = "this console" if scope.leader else scope.leader_owner or "nobody"
    rows = (
        ("trouble", Content.styled(_trouble(scope), "$state-wrong") if scope.error_title else ""),
        ("to do", printable(scope.error_hint)),
        ("request", scope.request_id),
        ("last good poll", f"{seen}, {scope.poll_ms:.0f} ms, {scope.calls_per_minute} calls a minute"),
        ("VMs", count(scope.vms)),
        ("leader", leader),
        (
            "project",
            ("all projects" if reach.all_projects else reach.project_name or reach.project_id) if reach else "",
        ),
        (
            "user",
            f"{reach.user_name or reach.user_id} ({', '.join(sorted(reach.roles)) or 'no role'})" if reach else "",
        ),
        ("endpoint", reach.endpoint.replace("|", "  ") if reach else ""),
        ("token ends", moment(scope.token_expires_at, now, utc=options.utc) if scope.token_expires_at else ""),
    )
    return Content("\n").join([head, facts(rows)])


def _trouble(scope: ScopeView) -> str:
    return printable(f"{scope.error_title}: {scope.error_detail}".rstrip(": "))


def _check(ok: bool, warning: bool, name: str, detail: str, hint: str, options: UiOptions) -> Content:
    token = Token.RUNNING if ok else Token.STALE if warning else Token.WRONG
    line = Content.assemble(
        (GLYPHS[options.glyphs][token], f"$state-{token}"), f" {name}  ", (printable(detail), "$dim")
    )
    return line if ok or not hint else Content("\n").join([line, Content(f"  {printable(hint)}")])


def _store(view: HealthView) -> Content:
    store = view.store
    if store is None:
        return Content.styled("not open", "$state-wrong")
    writable = "yes" if store.writable else Content.styled("no: changes are refused", "$state-wrong")
    waiting = Content.styled(f"{store.spooled} rows wait in the spool file", "$state-stale") if store.spooled else ""
    rows = (
        ("where", printable(store.url)),
        ("schema", store.schema),
        ("size", size(store.size_bytes)),
        ("writable", writable),
        ("audit", waiting),
        ("note", printable(store.detail)),
    )
    return facts(rows)


def _console(view: HealthView) -> Content:
    return facts(
        (
            ("version", view.version),
            ("operator", f"{view.operator} ({view.console_role})"),
            ("memory", f"{view.rss_mib:.0f} MiB"),
            ("processor", f"{view.cpu_percent:.1f} % of a core"),
        )
    )


def _call(call: ApiCall, options: UiOptions) -> Content:
    bad = call.status >= 400 or call.status == 0
    at = call.at.astimezone(UTC) if options.utc else call.at.astimezone()
    return Content.assemble(
        (f"{at:%H:%M:%S} ", "$dim"),
        (f"{call.status or '---':<4}", "$state-wrong" if bad else "$state-running"),
        f"{call.seconds * 1000:>6.0f} ms  {call.entry:<8} {call.method:<6} {call.service} {printable(call.path)}",
        (f"  {call.request_id[:12]}", "$dim"),
        (f"  {printable(call.error)}", "$state-wrong"),
    )

"""KEYS: every key of the console in one table, and its reading as Textual bindings. Runs nothing itself.

The second letters of the action menu stand in `ActionSpec.key`, not here. A row's id is what the settings rebind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from textual.binding import Binding, BindingType

CHANGED = ("image", "fip", "sg", "rule", "volume", "snapshot", "keypair", "group", "service")
"""The places of what VMs stand on where something can be changed."""
STOCK = ("flavor", "network", "port", "router", "quota", "hypervisor", *CHANGED)
"""The places of what VMs stand on."""
MONEY = ("cost", "spend", "waste", "held")
"""The places of what things cost."""
DOING = ("monitor", "alert", "host")
"""The places of what VMs and this machine do."""
ALL = (
    "fleet", "vm", *DOING, "op", "operation", "call", "audit", *MONEY, "health", "cloud", "project", *STOCK, "help",
)  # fmt: skip
"""The places that have a screen of their own."""
VMS = ("fleet", "vm")
"""The places where verbs on VMs run."""
OPS = ("op", "operation")
"""The places where what was asked for is followed."""
TABLES = tuple(place for place in ALL if place not in ("vm", "cost", "host", "health", "help"))
"""The places with a table: its rows are filtered, its columns chosen."""

_OPENED = ("monitor", "alert", "op", "cloud", "project", *STOCK)
_MEASURED = ("fleet", "monitor")
_USED = tuple(place for place in STOCK if place not in ("router", "quota", "rule", "snapshot"))
_OWNED = ("port", "router", "fip", "rule", "volume", "snapshot", "group", "hypervisor", "service", "waste", "held")
_MADE = tuple(place for place in CHANGED if place not in ("image", "snapshot", "service"))
_GONE = tuple(place for place in CHANGED if place != "service")


class Key(NamedTuple):
    """One key: `keys` as Textual names them (comma separated), `action` as a Textual action of the place's screen."""

    id: str
    keys: str
    label: str
    help: str
    group: str
    places: tuple[str, ...]
    action: str
    hint: int = 0
    """Place in the line of hints, lowest first; 0 is not shown there."""


KEYS: tuple[Key, ...] = (
    Key("go.command", "colon", "go to", "go to a place, with completion", "Go", ALL, "command_line", 2),
    Key("go.help", "question_mark", "help", "the keys of this place", "Go", ALL, "help", 9),
    Key("go.back", "escape", "back", "clear the filter, then back", "Go", ALL, "back"),
    Key("go.leave", "q", "back", "back; on the first screen a hint", "Go", ALL, "leave"),
    Key(
        "go.last", "minus", "last place", "the place before this one; twice is here again", "Go", ALL, "app.last_place"
    ),
    Key(
        "go.visited-before",
        "left_curly_bracket,left_square_bracket",
        "visited before",
        "back through the places visited, each with its filter",
        "Go",
        ALL,
        "app.visited(-1)",
    ),
    Key(
        "go.visited-after",
        "right_curly_bracket,right_square_bracket",
        "visited after",
        "forward through the places visited",
        "Go",
        ALL,
        "app.visited(1)",
    ),
    Key("go.calls", "exclamation_mark", "calls", "the API calls made; from there operations", "Go", ALL, "calls"),
    Key("go.palette", "ctrl+p", "palette", "everything by name", "Go", ALL, "app.command_palette"),
    Key("go.quit", "ctrl+q", "quit", "leave the console; operations go on", "Go", ALL, "app.quit"),
    Key("go.refresh", "ctrl+r", "refresh", "read every cloud now", "Go", ALL, "refresh_now"),
    Key("go.redraw", "ctrl+l", "redraw", "draw the screen again", "Go", ALL, "redraw"),
    Key(
        "go.copy",
        "ctrl+c",
        "copy",
        "copy a selection, else cancel a dialog; never quits",
        "Go",
        ALL,
        "app.copy_or_hint",
    ),
    Key("table.down", "j,down", "down", "next row", "Move", ("table",), "cursor(1)"),
    Key("table.up", "k,up", "up", "row before", "Move", ("table",), "cursor(-1)"),
    Key("table.top", "g,home", "top", "first row", "Move", ("table",), "top"),
    Key("table.bottom", "G,end", "bottom", "last row", "Move", ("table",), "bottom"),
    Key("table.page-down", "pagedown,ctrl+f", "page down", "a page down", "Move", ("table",), "page(1)"),
    Key("table.page-up", "pageup,ctrl+b", "page up", "a page up", "Move", ("table",), "page(-1)"),
    Key("table.left", "left", "left", "scroll left", "Move", ("table",), "scroll_columns(-1)"),
    Key("table.right", "right", "right", "scroll right", "Move", ("table",), "scroll_columns(1)"),
    Key("go.next-pane", "tab", "next pane", "next pane", "Move", ALL, "app.focus_next"),
    Key("go.previous-pane", "shift+tab", "pane before", "pane before", "Move", ALL, "app.focus_previous"),
    Key(
        "place.filter",
        "slash",
        "filter",
        "filter the rows",
        "Look",
        TABLES,
        "filter",
        3,
    ),
    Key("vm.open", "enter", "open", "open the VM", "Look", ("fleet",), "open_vm('overview')", 1),
    Key("place.open", "enter", "open", "open the row", "Look", _OPENED, "open_row", 1),
    Key("cost.overview", "1", "overview", "now, month, forecast, budgets, trend", "Look", MONEY, "cost_view('cost')"),
    Key("cost.spend", "2", "spent by", "what was accrued, by group", "Look", MONEY, "cost_view('spend')", 4),
    Key("cost.waste", "3", "waste", "where money is wasted", "Look", MONEY, "cost_view('waste')", 4),
    Key("cost.held", "4", "hours held", "Nova's usage record beside ours", "Look", MONEY, "cost_view('held')", 5),
    Key("spend.by", "b", "by", "group by project, flavor, state, tag, part, cloud", "Look", ("spend",), "next_way", 1),
    Key("spend.time", "t", "time", "this month, last month, 7 days, today", "Look", ("spend",), "next_time", 1),
    Key("waste.follow", "enter", "do it", "begin what would end it; it asks first", "Look", ("waste",), "open_row", 1),
    Key("waste.dismiss", "d", "dismiss", "dismiss it with a reason", "Look", ("waste",), "dismiss_advice", 2),
    Key("waste.dismissed", "D", "dismissed", "show the dismissed too", "Look", ("waste",), "show_dismissed", 6),
    Key("held.open", "enter", "open", "open the VM", "Look", ("held",), "open_row", 1),
    Key("call.copy", "c", "copy", "copy the openstack command of a call", "Copy", ("call",), "copy_row", 4),
    Key("audit.verify", "v", "verify", "check the whole chain", "Look", ("audit",), "verify", 4),
    Key("vm.log", "l", "log", "console log", "Look", VMS, "open_vm('console')"),
    Key("vm.metrics", "m", "metrics", "what the VM does, as curves", "Look", VMS, "open_vm('metrics')", 9),
    Key("vm.cost", "o", "cost", "what it costs, has cost and would cost", "Look", VMS, "open_vm('cost')"),
    Key("vm.events", "e", "events", "Nova's action log joined with our audit", "Look", VMS, "open_vm('events')"),
    Key("vm.raw", "y", "raw", "the VM's JSON as the cloud has it now", "Look", VMS, "open_vm('raw')"),
    Key("vm.url", "v", "console URL", "a console URL to open in a browser", "Look", VMS, "console_url", 11),
    Key("fleet.all", "0", "all", "all VMs, no filter", "Look", ("fleet",), "all"),
    Key("fleet.active", "1", "active", "only VMs that run, or all again", "Look", ("fleet",), "quick('fleet.active')"),
    Key("fleet.shutoff", "2", "off", "only VMs that are off", "Look", ("fleet",), "quick('fleet.shutoff')"),
    Key("fleet.busy", "3", "busy", "only VMs that are busy", "Look", ("fleet",), "quick('fleet.busy')"),
    Key("fleet.error", "4", "error", "only VMs in ERROR", "Look", ("fleet",), "quick('fleet.error')"),
    Key("fleet.rest", "5", "rest", "VMs neither on, off, busy nor wrong", "Look", ("fleet",), "quick('fleet.rest')"),
    Key(
        "fleet.changed",
        "6",
        "changed",
        "VMs changed since you looked",
        "Look",
        ("fleet",),
        "quick('fleet.changed')",
    ),
    Key("fleet.seen", "X", "seen", "say that the changes were seen", "Look", ("fleet",), "seen"),
    Key("fleet.faults", "Z", "faults", "only VMs in trouble", "Look", ("fleet",), "faults", 7),
    Key("place.wide", "W", "wide", "all columns", "Look", TABLES, "wide", 8),
    Key("place.columns", "ctrl+o", "columns", "choose the columns and their order", "Look", TABLES, "choose_columns"),
    Key("place.save", "E", "save", "save the table as CSV or JSON", "Copy", TABLES, "save_table"),
    Key("fleet.freeze", "P", "freeze", "freeze live updates", "Look", ("fleet",), "freeze"),
    Key("fleet.sort-age", "A", "by age", "sort by age, newest first", "Sort", ("fleet",), "sort('age')"),
    Key("fleet.sort-status", "S", "by status", "sort by status, trouble first", "Sort", ("fleet",), "sort('status')"),
    Key("fleet.sort-cost", "dollar_sign", "by cost", "sort by cost, dearest first", "Sort", ("fleet",), "sort('cost')"),
    Key("fleet.sort-cpu", "C", "by cpu", "sort by processor, the busiest first", "Sort", _MEASURED, "sort('cpu')"),
    Key("fleet.sort-mem", "M", "by memory", "sort by memory, the fullest first", "Sort", _MEASURED, "sort('mem')"),
    Key("place.invert", "I", "invert", "turn the order round", "Sort", TABLES, "invert"),
    Key("fleet.mark", "space", "mark", "mark the VM", "Mark", ("fleet",), "mark", 5),
    Key("fleet.mark-range", "V", "mark range", "mark from the last mark to here", "Mark", ("fleet",), "mark_range"),
    Key("fleet.mark-all", "asterisk", "mark all", "mark all filtered", "Mark", ("fleet",), "mark_all"),
    Key("fleet.unmark", "u", "unmark", "unmark all", "Mark", ("fleet",), "unmark"),
    Key("vm.menu", "a", "actions", "the action menu; a second letter runs", "Change", VMS, "action_menu", 4),
    Key("vm.new", "N", "new", "a new VM, by form", "Change", VMS, "new_vm", 6),
    Key("vm.remedies", "h", "what helps", "what may help a stuck VM, the gentlest first", "Change", VMS, "remedies"),
    Key("vm.delete", "ctrl+d", "delete", "delete, by typing the name", "Change", VMS, "vm_verb('delete')", 6),
    Key("vm.undo", "U", "undo", "take back what you did last to it", "Change", (*VMS, *OPS), "undo", 12),
    Key("op.pause", "p", "pause", "send nothing more for now, or go on", "Change", ("operation",), "pause", 4),
    Key("op.cancel", "x", "cancel", "never send what was not sent yet", "Change", ("operation",), "cancel", 5),
    Key("op.retry", "r", "repeat", "ask again for what failed", "Change", ("operation",), "retry", 6),
    Key("op.script", "w", "script", "save it as a script", "Copy", ("operation",), "save_script", 7),
    Key("vm.ssh", "s", "ssh", "a shell in the guest, by SSH", "Change", VMS, "guest_shell", 10),
    Key("vm.copy", "c", "copy", "then i: id, n: name, p: address, s: ssh command", "Copy", VMS, "copy_menu", 10),
    Key("stock.used-by", "w", "used by", "the VMs that use it", "Go", _USED, "used_by", 7),
    Key("go.owner", "J", "owner", "what it belongs to or stands on", "Go", (*VMS, *_OWNED), "owner", 12),
    Key("stock.menu", "a", "actions", "the menu of changes; a second letter runs", "Change", CHANGED, "action_menu", 4),
    Key("stock.new", "N", "new", "a new one, by form", "Change", _MADE, "new_item", 6),
    Key("stock.delete", "ctrl+d", "delete", "delete or release, by typing the name", "Change", _GONE, "delete_item", 6),
    Key("vm.tab-1", "1", "overview", "tab Overview", "Look", ("vm",), "tab('overview')"),
    Key("vm.tab-2", "2", "metrics", "tab Metrics", "Look", ("vm",), "tab('metrics')"),
    Key("vm.tab-3", "3", "console", "tab Console", "Look", ("vm",), "tab('console')"),
    Key("vm.tab-4", "4", "events", "tab Events", "Look", ("vm",), "tab('events')"),
    Key("vm.tab-5", "5", "cost", "tab Cost", "Look", ("vm",), "tab('cost')"),
    Key("vm.tab-6", "6", "network", "tab Network and storage", "Look", ("vm",), "tab('network')"),
    Key("vm.tab-7", "7", "raw", "tab Raw", "Look", ("vm",), "tab('raw')"),
    Key("vm.range-less", "less_than_sign", "shorter", "curves of a shorter time", "Look", ("vm",), "metrics_range(-1)"),
    Key("vm.range-more", "greater_than_sign", "longer", "curves of a longer time", "Look", ("vm",), "metrics_range(1)"),
    Key("vm.devices", "d", "devices", "cores, disks and interfaces one by one", "Look", ("vm",), "metrics_devices"),
    Key("monitor.less", "less_than_sign", "metric before", "the metric before", "Sort", ("monitor",), "metric(-1)", 6),
    Key("monitor.more", "greater_than_sign", "metric", "the next metric", "Sort", ("monitor",), "metric(1)", 5),
    Key("monitor.map", "H", "heat map", "all VMs as a heat map, or as a table", "Look", ("monitor",), "heat_map", 4),
    Key("monitor.missing", "n", "not measured", "the VMs not measured, and why", "Look", ("monitor",), "missing", 7),
    Key("alert.know", "a", "acknowledge", "say that you know, with a note", "Change", ("alert",), "acknowledge", 4),
    Key("alert.silence", "z", "silence", "keep it quiet for a while", "Change", ("alert",), "silence", 5),
    Key("vm.search", "slash", "search", "search the log or the JSON", "Look", ("vm",), "search", 7),
    Key("vm.search-next", "n", "next match", "next match of the search", "Look", ("vm",), "search_on(1)"),
    Key("vm.search-before", "p", "match before", "match before", "Look", ("vm",), "search_on(-1)"),
    Key("vm.follow", "f", "follow", "keep the end of the console log in sight", "Look", ("vm",), "follow"),
    Key("vm.whole-log", "L", "whole log", "read the whole console log, or its end again", "Look", ("vm",), "whole_log"),
    Key("vm.copy-text", "Y", "copy text", "copy the log or the JSON", "Copy", ("vm",), "copy_text"),
    Key("vm.save-text", "S", "save", "save the log or the JSON in a new file", "Copy", ("vm",), "save_text"),
)


def keys_of(place: str) -> tuple[Key, ...]:
    """Return the rows that hold in `place` (a place's name, or `table`), in the table's order."""
    return tuple(key for key in KEYS if place in key.places)


def key_for(key_id: str, rebound: Mapping[str, str]) -> str:
    """Return the key of a row as the screen names it, `rebound` being the settings' keys by id."""
    return shown(rebound.get(key_id) or next(key.keys for key in KEYS if key.id == key_id))


def bindings_of(place: str) -> list[BindingType]:
    """Return Textual's bindings of a place. None shows in Textual's footer: the console has its own line of hints."""
    return [
        Binding(key.keys, key.action, key.label, show=False, id=key.id, tooltip=key.help, priority=key.id in _FIRST)
        for key in keys_of(place)
    ]


_FIRST = frozenset({"go.quit", "go.palette", "go.copy"})
"""Keys that a focused input must not swallow."""


def shown(keys: str) -> str:
    """Return a key as the screen names it: the first of several, `ctrl+d` as `ctrl-d`, `slash` as `/`."""
    first = keys.split(",")[0]
    return _SHOWN.get(first, first.replace("+", "-"))


_SHOWN = {
    "colon": ":",
    "slash": "/",
    "dollar_sign": "$",
    "question_mark": "?",
    "asterisk": "*",
    "minus": "-",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
}

"""One VM: tabs from Overview to Raw, the action bar on every tab. Knows no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import CatalogKind
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.messages import CostsMoved
from osvm_tui.ui.metrics_keys import MetricsKeys
from osvm_tui.ui.printable import printable
from osvm_tui.ui.state_history import state_history
from osvm_tui.ui.stuck_words import stuck_told
from osvm_tui.ui.vm_facts import BLOCKS, sections
from osvm_tui.ui.vm_names import image_name, project_name
from osvm_tui.ui.vm_stock import VERBS
from osvm_tui.ui.vm_title import asked, vm_title
from osvm_tui.ui.waiting import MigrationWatch, waits_for
from osvm_tui.ui.widgets.action_bar import ActionBar
from osvm_tui.ui.widgets.console_tab import ConsoleTab
from osvm_tui.ui.widgets.cost_tab import CostTab
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.metrics_tab import MetricsTab
from osvm_tui.ui.widgets.raw_tab import RawTab
from osvm_tui.ui.widgets.sections import Sections
from osvm_tui.ui.widgets.stock_tab import StockTab
from osvm_tui.ui.widgets.tab_strip import Tab, TabStrip
from osvm_tui.ui.widgets.text_tab import TextTab
from osvm_tui.ui.widgets.vm_events import VmEvents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from osvm_tui.domain.vm import Vm, VmRef
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.messages import CatalogMoved, FleetMoved, OperationMoved, StuckMoved
    from osvm_tui.ui.options import UiOptions

_TABS = ("overview", "metrics", "console", "events", "cost", "network", "raw")
TABS = tuple(Tab(name, name, str(number)) for number, name in enumerate(_TABS, 1))
_FOLLOW_S = 5.0
_NAMES_S = 3600.0
_STOCK_S = 30.0


class VmScreen(MetricsKeys):
    """The screen of one VM; it stays on this VM whatever the fleet does, also when the VM is gone."""

    place: ClassVar[str] = "vm"
    BINDINGS = bindings_of("vm")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-two"), (170, "-three")]

    def __init__(self, api: ConsoleApi, options: UiOptions, ref: VmRef, tab: str = "overview") -> None:
        super().__init__(api, options)
        self.ref = ref
        self.tab = tab
        self._migration = MigrationWatch(api, options.clock)
        self.seen = api.vm(ref)
        """The VM as last read; kept when it is gone."""

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="vm-head"):
            yield Static("", id="vm-title", markup=False)
            yield TabStrip(TABS, self.tab)
        with ContentSwitcher(initial=self.tab, id="vm-tabs"):
            yield Sections(BLOCKS, broad=("stuck", "waiting", "fault"), last=("seen states",), id="overview")
            yield MetricsTab(self.api, self.options, self.ref)
            yield ConsoleTab(self.api, self.options, self.ref)
            yield VmEvents(id="events")
            yield CostTab(self.api, self.options)
            yield StockTab(self.api)
            yield RawTab(self.api, self.options, self.ref)
        yield ActionBar(glyphs=self.options.glyphs)

    def on_mount(self) -> None:
        """Show what is known."""
        self.show_vm()
        self.action_tab(self.tab)
        self._read_names()
        self._read_history()
        self.set_interval(_FOLLOW_S, self._follow)

    def targets(self) -> tuple[VmRef, ...]:
        return (self.ref,)

    def show_reason(self, reason: str) -> None:
        self.query_one(ActionBar).show_reason(reason)

    def show_vm(self) -> None:
        """Draw what depends on the VM's state."""
        vm = self.api.vm(self.ref)
        self.seen = vm or self.seen
        self.query_one("#vm-title", Static).update(vm_title(self.api, self.options, self.ref, self.seen))
        self._show_buttons()
        self._show_overview()

    def _show_buttons(self) -> None:
        verbs = VERBS if self.tab == "network" else ()
        judge = lambda action_id: self.api.verdict(self.ref, action_id)  # noqa: E731
        self.query_one(ActionBar).set_vm(self.api.vm(self.ref), judge, verbs)

    def _show_overview(self) -> None:
        if self.seen is None:
            return
        names = (image_name(self.api, self.seen), project_name(self.api, self.seen))
        told = asked(self.api.pending(self.ref), self.options)
        blocks = self._urgent(self.seen) | sections(self.seen, self.options, *names, told)
        self.query_one("#overview", Sections).show(blocks)

    def _urgent(self, vm: Vm) -> dict[str, Content]:
        """Return the blocks that stand above the facts: what the VM is stuck in, what it waits for."""
        stuck = self.api.insight.stuck(self.ref)
        told = printable(stuck_told(stuck, self.options)) if stuck else ""
        waits = printable(waits_for(vm) or self._migration.words(vm))
        return {
            "stuck": Content.styled(told, "bold $state-wrong"),
            "waiting": Content.styled(waits, "bold $state-changing"),
        }

    @work(group="names", exclusive=True, exit_on_error=False)
    async def _read_names(self) -> None:
        view = self.api.scope_of(self.ref)
        if view is None:
            return
        try:
            await self.api.load_catalog(view.entry, CatalogKind.IMAGE, max_age_s=_NAMES_S)
        except OsvmError:
            return  # the id stands in for the name
        self._show_overview()

    @work(group="history", exclusive=True, exit_on_error=False)
    async def _read_history(self) -> None:
        try:
            seen = await self.api.intervals(self.ref)
        except OsvmError:
            return  # health tells what is wrong with the store
        self.query_one("#overview", Sections).show({"seen states": state_history(seen, self.options)})

    # tabs
    def action_tab(self, name: str) -> None:
        """Show a tab and read what it shows."""
        self.tab = name
        self.query_one(TabStrip).active = name
        self.query_one(ContentSwitcher).current = name
        self._show_buttons()
        if name in ("console", "raw"):
            self.query_one(f"#{name}", TextTab).view.focus()
        else:
            self.query_one(f"#{name}").focus()
        self.action_refresh_tab()

    def action_open_vm(self, tab: str = "overview") -> None:
        """Switch the tab: this VM is open already."""
        if not self.typing:
            self.action_tab(tab)

    def action_refresh_now(self) -> None:
        """Read the cloud and this tab again."""
        super().action_refresh_now()
        self.action_refresh_tab(0.0)

    def action_refresh_tab(self, max_age_s: float = _STOCK_S) -> None:
        """Read what the tab in sight shows; catalogs only where they are older than that."""
        match self.tab:
            case "metrics":
                self.query_one(MetricsTab).read()
            case "console":
                self.query_one(ConsoleTab).read()
            case "events":
                self._read_events()
            case "raw":
                self.query_one(RawTab).read()
            case "cost" if self.seen is not None:
                self.query_one(CostTab).read(self.seen)
            case "network" if self.seen is not None:
                self.query_one(StockTab).read(self.seen, max_age_s)
            case _:
                self._show_overview()

    @work(group="vm-tab", exclusive=True, exit_on_error=False)
    async def _read_events(self) -> None:
        tab = self.query_one(VmEvents)
        try:
            tab.show(await self.api.timeline(self.ref), self.options)
        except OsvmError as error:
            tab.show_error(error)

    # what moves
    def tick(self) -> None:
        """Draw ages anew."""
        self.query_one("#vm-title", Static).update(vm_title(self.api, self.options, self.ref, self.seen))
        if self.tab == "overview":
            self._show_overview()
        if self.seen is not None and self._migration.due(self.seen):
            self.run_worker(self._migration.read(self.seen), group="migration", exclusive=True, exit_on_error=False)

    def _follow(self) -> None:
        if self.tab == "console" and self.is_current and self.query_one(ConsoleTab).view.follow:
            self.query_one(ConsoleTab).read()

    def on_fleet_moved(self, _: FleetMoved) -> None:
        """Draw the VM if it is another one than before."""
        if self.api.vm(self.ref) != self.seen:
            self.show_vm()
            self._read_history()
            self.on_costs_moved(CostsMoved())

    def on_costs_moved(self, _: CostsMoved) -> None:
        """Tell the rates anew where they are in sight."""
        if self.tab == "cost" and self.seen is not None:
            self.query_one(CostTab).draw(self.seen)

    def on_operation_moved(self, event: OperationMoved) -> None:
        """Show what is asked of this VM."""
        if event.item.ref != self.ref:
            return
        self.show_vm()
        if self.tab == "network" and event.item.state.ended:
            self.action_refresh_tab(0.0)

    def on_stuck_moved(self, _: StuckMoved) -> None:
        """Say whether the VM is stuck, here and in the header."""
        self.query_one(HeaderBar).refresh()
        self._show_overview()

    def on_catalog_moved(self, _: CatalogMoved) -> None:
        """Names may be known now."""
        self._show_overview()

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self.action_tab(event.tab)

    @on(ActionBar.Pressed)
    def _bar_pressed(self, event: ActionBar.Pressed) -> None:
        self.action_vm_verb(event.action_id)

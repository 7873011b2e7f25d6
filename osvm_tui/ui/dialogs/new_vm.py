"""The form for a new VM: what is wrong stands beside its field, what the cloud refuses comes back with what was typed.

It sends one order by `ConsoleApi.create` and stays until the cloud has taken or refused it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static, TextArea

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.gating import elsewhere
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.services.api import CatalogKind, CatalogView, ConsoleApi, ScopeState
from osvm_tui.services.user_data import MAX_BYTES, user_data_problem
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.dialogs.order_choices import choices_for, preselected
from osvm_tui.ui.order_draft import Catalogs, OrderDraft, order_of, problems, quota_left
from osvm_tui.ui.printable import printable
from osvm_tui.ui.what_if import price_of_order
from osvm_tui.ui.widgets.choice_field import ChoiceField
from osvm_tui.ui.widgets.form_field import FormField
from osvm_tui.ui.widgets.price_line import PriceLine

if TYPE_CHECKING:
    from osvm_tui.domain.roles import Scope
    from osvm_tui.domain.vm import VmRef
    from osvm_tui.ui.messages import OperationMoved, ScopesMoved

_KINDS = (
    CatalogKind.FLAVOR,
    CatalogKind.IMAGE,
    CatalogKind.NETWORK,
    CatalogKind.SECURITY_GROUP,
    CatalogKind.KEYPAIR,
    CatalogKind.QUOTA,
    CatalogKind.SERVER_GROUP,
)
_CHOSEN = ("image", "flavor", "network", "groups", "key", "server-group")
_FIELDS = ("cloud", "name", "count", *_CHOSEN, "hints", "user-data", "metadata", "about")
_NOT_YET = (ItemState.PLANNED, ItemState.SENDING)


class NewVmForm(Dialog[None]):
    """Order one VM or several; `near` chooses the cloud of a VM that was under the cursor."""

    SIZE: ClassVar[str] = "-large"
    AUTO_FOCUS: ClassVar[str] = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "create", show=False, priority=True)]
    footing = "ctrl-s creates, esc leaves"

    def __init__(self, api: ConsoleApi, near: VmRef | None = None) -> None:
        super().__init__()
        self.api = api
        scopes = api.scopes()
        here = api.scope_of(near) if near else None
        acting = next((scope for scope in scopes if scope.acting), scopes[0] if scopes else None)
        first = here or acting
        self.entry = first.entry if first else ""
        self.scope = first.scope if first else None
        """Where the VM will be, frozen: the console may go over to another project while the form is open."""
        self.catalogs = Catalogs({})
        self.asked: set[str] = set()
        """Fields that were left once, or all after the first try: only these are told to be wrong."""
        self.operation_id = ""
        self.reading = False
        """Whether the cloud is asked now what it offers."""
        self.waiting: tuple[str, ...] | None = None
        """What was typed when the order was to be sent while that was read: it is sent when the answers are there."""
        self.untold = False
        """Whether the cloud did not tell all that it offers when it was asked."""

    def clouds(self) -> tuple[str, ...]:
        return (self.entry,)

    @property
    def heading(self) -> str:
        """Where the VM will be: a token that sees all projects creates in its own one."""
        where = (
            f"{self.entry}, project {self.scope.project_name or self.scope.project_id}" if self.scope else self.entry
        )
        return f"new VM in {printable(where)}" if where else "new VM"

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False, classes="form"):
            if len(self.api.scopes()) > 1:
                yield FormField("cloud", "cloud", ChoiceField("cloud", id="cloud"))
            yield FormField("name", "name", Input(id="name", compact=True, placeholder="web-{n} numbers several"))
            yield FormField("count", "count", Input("1", id="count", compact=True, restrict="[0-9]*", max_length=3))
            yield FormField("image", "image", ChoiceField("image", nothing="choose", id="image"))
            yield FormField("flavor", "flavor", ChoiceField("flavor", nothing="choose", id="flavor"))
            yield FormField("network", "network", ChoiceField("networks", many=True, nothing=_AUTO, id="network"))
            yield FormField(
                "groups", "groups", ChoiceField("groups", many=True, nothing="the project's default", id="groups")
            )
            yield FormField("key", "key pair", ChoiceField("key pair", nothing="none", id="key"))
            yield FormField(
                "file", "user data", Input(id="file", compact=True, placeholder="path of a file, or paste below")
            )
            yield FormField("user-data", "", TextArea(id="user-data", compact=True, tab_behavior="focus"))
            yield FormField(
                "metadata", "metadata", Input(id="metadata", compact=True, placeholder="team=web, stage=prod")
            )
            yield FormField(
                "server-group", "server group", ChoiceField("server group", nothing="none", id="server-group")
            )
            yield FormField(
                "hints", "hints", Input(id="hints", compact=True, placeholder="scheduler hints: query=value, ...")
            )
            yield FormField("about", "about", Input(id="about", compact=True, placeholder="a description, if you like"))
        yield Static("reading what this cloud offers ...", id="told", markup=False)
        yield PriceLine()
        yield Static("", id="answer", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button("create", id="create", compact=True)

    def on_mount(self) -> None:
        """Read the catalogs of the cloud."""
        self._say("")
        for field in self.query(FormField):
            field.tell("")
        self._show_clouds()
        for choice in self.query("#cloud").results(ChoiceField):
            choice.choose((self.entry,))
        self._read_catalogs()

    def _show_clouds(self) -> None:
        for choice in self.query("#cloud").results(ChoiceField):
            choice.offer(choices_for("cloud", self.catalogs, self.api, self.entry))

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Say how the clouds are now; one that answers at last is asked what it offers."""
        self.scope = self.scope or self._scope()
        self._show_clouds()
        self.show_heading()
        live = any(view.entry == self.entry and view.state is ScopeState.LIVE for view in self.api.scopes())
        if reason := self._elsewhere():
            self._say(reason, wrong=True)
        elif live and self.untold:
            self._say("")
            self._read_catalogs()

    @work(group="catalogs", exclusive=True, exit_on_error=False)
    async def _read_catalogs(self) -> None:
        self.reading = True
        asked = (self.api.load_catalog(self.entry, kind) for kind in _KINDS)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        views = {view.kind: view for view in answers if isinstance(view, CatalogView)}
        self.catalogs = Catalogs(views, self.scope.project_id if self.scope else "")
        for name in _CHOSEN:
            field = self.query_one(f"#{name}", ChoiceField)
            field.offer(choices_for(name, self.catalogs, self.api, self.entry))
            if not field.chosen:
                field.choose(preselected(name, self.catalogs))
        self.untold = len(views) < len(_KINDS)
        trouble = next((each for each in answers if isinstance(each, BaseException)), None)
        self.reading = False
        self._show()
        waiting = self.waiting is not None
        self._wait(None)
        if isinstance(trouble, OsvmError):
            self._say(f"{trouble.title}: {trouble.detail}", wrong=True)
        elif trouble is not None:
            raise trouble
        elif waiting:
            self.action_create()

    def _wait(self, typed: tuple[str, ...] | None) -> None:
        if typed != self.waiting:
            self.waiting = typed
            self._say("" if typed is None else "still reading what there is; creates when it is read, esc leaves")

    def _by_hand(self) -> tuple[str, ...]:
        areas = (each.text for each in self.query(TextArea))
        return (*(each.value for each in self.query(Input)), *areas)

    def _scope(self) -> Scope | None:
        return next((view.scope for view in self.api.scopes() if view.entry == self.entry), None)

    def _elsewhere(self) -> str:
        """Return why the order cannot be made any more where the form says, empty when it can."""
        now = self._scope()
        no = elsewhere(self.entry, self.scope.project_id, now.project_id) if self.scope and now else None
        return no.reason if no else ""

    def draft(self) -> OrderDraft:
        """Return what is typed and chosen now."""
        return OrderDraft(
            entry=self.entry,
            name=self._typed("name"),
            count=self._typed("count"),
            flavor_id=self._choice("flavor").value,
            image_id=self._choice("image").value,
            network_ids=self._choice("network").chosen,
            groups=self._choice("groups").chosen,
            key_name=self._choice("key").value,
            server_group_id=self._choice("server-group").value,
            hints=self._typed("hints"),
            user_data=self.query_one("#user-data", TextArea).text,
            metadata=self._typed("metadata"),
            description=self._typed("about"),
        )

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value

    def _choice(self, name: str) -> ChoiceField:
        return self.query_one(f"#{name}", ChoiceField)

    def _show(self, found: dict[str, str] | None = None) -> dict[str, str]:
        draft = self.draft()
        found = problems(draft, self.catalogs) if found is None else found
        for field in self.query(FormField):
            name = (field.id or "").removeprefix("field-")
            field.tell(found.get(name, "") if name in self.asked else "")
        self.query_one("#told", Static).update(quota_left(draft, self.catalogs))
        price = price_of_order(self.api, draft.entry, draft.flavor_id, draft.image_id, draft.how_many)
        self.query_one(PriceLine).tell(price)
        return found

    def _say(self, told: str, *, wrong: bool = False) -> None:
        line = self.query_one("#answer", Static)
        line.update(told)
        line.display = bool(told)
        line.set_class(wrong, "-wrong")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._show()
        if self.waiting is not None and self.waiting != self._by_hand():
            self._wait(None)

    @on(ChoiceField.Changed)
    def _chosen(self, event: ChoiceField.Changed) -> None:
        name = event.field.id or ""
        self.asked.add(name)
        self._wait(None)
        self.focus_next()
        if name == "cloud" and event.field.value != self.entry:
            self.entry = event.field.value
            self.scope = self._scope()
            self.show_heading()
            self._read_catalogs()
        self._show()

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        if event.value:
            self.asked.add(event.input.id or "")
            self._show()

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()

    @on(Button.Pressed, "#create")
    def action_create(self) -> None:
        """Send the order, once."""
        if self.operation_id:
            self._say("the cloud was asked already; it has not answered yet")
        elif self.reading:
            self._wait(self._by_hand())
        else:
            self._create()

    @work(group="create", exclusive=True, exit_on_error=False)
    async def _create(self) -> None:
        draft = await self._with_file()
        self.asked.update(_FIELDS)
        found = self._show(problems(draft, self.catalogs)) if draft else {"file": ""}
        if draft is None or found:
            self._say(
                "not sent: " + (f"{len(found)} fields need a look" if len(found) > 1 else "one field needs a look"),
                wrong=True,
            )
            self._focus_first(found)
            return
        refusal = self._elsewhere() or self.api.create_verdict(self.entry).reason
        if refusal:
            self._say(f"refused: {refusal}", wrong=True)
            return
        self._say("asking the cloud ...")
        try:
            here = self.scope.project_id if self.scope else ""
            done = await self.api.create(self.entry, order_of(draft), draft.how_many, asked_in=here)
        except OsvmError as error:
            self.come_back(f"{error.title}: {error.detail}" + (f"; {error.hint}" if error.hint else ""))
        else:
            self.operation_id = done.operation_id
            self._follow(done.items)

    async def _with_file(self) -> OrderDraft | None:
        draft, path = self.draft(), self._typed("file").strip()
        if not path:
            return draft
        text, wrong = "", "a file or pasted text, not both"
        if not draft.user_data:
            text, wrong = await asyncio.to_thread(read_text, Path(path).expanduser())
        self.query_one("#field-file", FormField).tell(wrong or user_data_problem(text))
        return None if wrong or user_data_problem(text) else replace(draft, user_data=text)

    def _focus_first(self, found: dict[str, str]) -> None:
        for field in self.query(FormField):
            name = (field.id or "").removeprefix("field-")
            if name in found:
                self.query_one(f"#{name}").focus()
                return

    # the cloud's answer
    def on_operation_moved(self, _: OperationMoved) -> None:
        """See what became of the order."""
        if self.operation_id:
            self._follow([item for item in self.api.operations() if item.operation_id == self.operation_id])

    def _follow(self, items: tuple[OperationItem, ...] | list[OperationItem]) -> None:
        if not items or any(item.state in _NOT_YET for item in items):
            return
        refused = [item for item in items if item.state in (ItemState.FAILED, ItemState.REFUSED)]
        if refused:
            request = f" ({refused[0].request_id})" if refused[0].request_id else ""
            many = f"{len(refused)} of {len(items)} " if len(items) > 1 else ""
            self.come_back(f"{many}refused: {refused[0].message or 'the cloud gave no reason'}{request}")
            return
        self.operation_id = ""
        names = items[0].vm_name if len(items) == 1 else f"{len(items)} VMs"
        self.app.notify(f"creating {printable(names)}", markup=False)
        self.dismiss(None)

    def come_back(self, reason: str) -> None:
        """Let the operator try again with all that was typed, and say why the cloud refused."""
        self.operation_id = ""
        self._say(reason, wrong=True)


_AUTO = "the cloud's choice"


def read_text(path: Path) -> tuple[str, str]:
    """Return a file's text and what is wrong with it; no more is read than shows that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1).decode(), ""
    except UnicodeDecodeError:
        return "", f"{path} is not text"
    except OSError as error:
        return "", f"{path}: {(error.strerror or str(error)).lower()}"

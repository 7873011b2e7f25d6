"""`LoadedField`: a `ChoiceField` whose list the cloud gives; says in words that it loads, failed or is empty."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import work
from textual.message import Message

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.resources_api import Choice
from osvm_tui.ui.dialogs.pick import Choice as Offered
from osvm_tui.ui.param_values import label_of
from osvm_tui.ui.widgets.choice_field import ChoiceField

Choices = Callable[[str], Awaitable[Sequence[Choice | Offered]]]
"""What can be given for a parameter of this kind, with refused ones where the caller knows them; raises OsvmError."""

_NONE = {
    "volume": "no free volume in this project; N in :volume makes one",
    "floating-ip": "no free floating IP in this project; N in :fip allocates one",
    "floating-ip-of-vm": "this VM has no floating IP",
    "port-of-vm": "this VM has no port",
    "group-of-vm": "this VM has no security group",
    "volume-of-vm": "this VM has no volume",
    "metadata-key": "this VM has no metadata",
    "tag": "this VM has no tags",
    "migration": "no migration of this VM is running",
    "rule-of-group": "this group has no rules",
    "subnet-of-router": "this router has no subnet",
    "server-group": "no server group in this project; N in :group makes one",
    "router": "no router in this project",
    "volume-snapshot": "no volume snapshot in this project",
    "external-network": "this project sees no external network",
}


class LoadedField(ChoiceField):
    """Ask for the choices when mounted, and again on enter after a failure or when there were none.

    The only choice of a required parameter is taken; an optional one can be left empty again. With `opens` the list
    opens by itself when it is there and something must be chosen.
    """

    def __init__(
        self, param: Param, choices: Choices, *, before: str = "", opens: bool = False, id: str | None = None
    ) -> None:
        super().__init__(label_of(param), nothing="reading what there is ...", id=id)
        self.param = param
        self._opens = opens
        self._opened = False
        self._ask = choices
        self._before = before
        self.loading_choices = True

    def on_mount(self) -> None:
        """Ask once the field is there."""
        self._load()

    @work(group="choices", exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        self.loading_choices = True
        self._say("reading what there is ...")
        try:
            found = await self._ask(self.param.kind)
        except OsvmError as error:
            self._say(f"not read: {error.detail or error.title}; enter tries again")
        else:
            self._take(found)
        finally:
            self.loading_choices = False
        self.post_message(self.Loaded(self))

    def _say(self, words: str) -> None:
        self.nothing = words
        self.offer(())

    def _take(self, found: Sequence[Choice | Offered]) -> None:
        if not found:
            self._say(_NONE.get(self.param.kind, f"this cloud has no {self.title} to choose"))
            return
        self.nothing = "choose" if self.param.required else "none chosen"
        offered = [
            each if isinstance(each, Offered) else Offered(each.value, each.label, each.detail) for each in found
        ]
        if not self.param.required:
            offered.insert(0, Offered("", "none", self.param.help))
        self.offer(offered)
        if self._before in {each.id for each in offered} and self._before:
            self.choose((self._before,))
        elif self.param.required and len(possible := [each for each in offered if not each.refused]) == 1:
            self.choose((possible[0].id,))
        elif self._opens and self.screen.is_current:
            self._opened = True
            self.action_choose()

    class Loaded(ChoiceField.Changed):
        """The reading has ended; something may be chosen already."""

    class Left(Message):
        """The list that opened by itself was left without a choice."""

    def _picked(self, chosen: tuple[str, ...] | None) -> None:
        super()._picked(chosen)
        if self._opened and chosen is None:
            self.post_message(self.Left())
        self._opened = False

    def action_choose(self) -> None:
        """Open the list; ask again when there is none."""
        if self.choices:
            super().action_choose()
        elif not self.loading_choices:
            self._load()

"""The palette's entries: verbs, keys and places by name, a reading of ACTIONS, KEYS and PLACES. Runs nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType

from osvm_tui.domain.actions import offered
from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.action_plan import plan, verb
from osvm_tui.ui.bindings import keys_of, shown
from osvm_tui.ui.messages import GoTo
from osvm_tui.ui.places import PLACES
from osvm_tui.ui.resource_flow import ResourceFlow
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.theme import THEMES


class Command(NamedTuple):
    """One line of the palette."""

    title: str
    help: str
    run: IgnoreReturnCallbackType


def commands_of(screen: Screen[object]) -> Iterator[Command]:
    """Return what can be done from a screen, in the order in which it is offered."""
    if isinstance(screen, ActionTargets):
        yield from _verbs(screen)
    if isinstance(screen, ResourceFlow):
        yield from _changes(screen)
    if isinstance(screen, PlaceScreen):
        yield from _keys(screen)
        for place in PLACES:
            yield Command(f"go to {place.title}", f":{place.name}  {place.help}", partial(_go, screen, place.name))
    for theme in THEMES:
        name = theme.name
        yield Command(f"theme {name.removeprefix('osvm-')}", "change the colours", partial(_dress, screen, name))


def _verbs(screen: ActionTargets) -> Iterator[Command]:
    refs = screen.targets()
    for spec in offered():
        refusal = plan(screen.api, spec.id, refs).refusal if refs else "no VM is chosen"
        told = f"a {spec.key}  {f'refused: {refusal}' if refusal else spec.help}"
        yield Command(verb(spec), told, partial(screen.action_vm_verb, spec.id))


def _changes(screen: ResourceFlow) -> Iterator[Command]:
    for chosen in screen.plans():
        verdict = screen.api.resources.verdict(chosen.spec.id, chosen.target)
        told = chosen.spec.help if verdict.allowed else f"refused: {verdict.reason}"
        yield Command(chosen.verb, f"a {chosen.spec.key}  {told}", partial(screen.action_change, chosen.spec.id))


def _keys(screen: PlaceScreen) -> Iterator[Command]:
    for key in keys_of(screen.place):
        if key.action not in ("app.command_palette", "app.copy_or_hint") and key.group != "Move":
            run = partial(screen.run_action, key.action)
            yield Command(key.help, f"{shown(key.keys)}  {key.label}", run)


def _go(screen: PlaceScreen, place: str) -> None:
    screen.post_message(GoTo(place, screen.place if place == "help" else ""))


def _dress(screen: Screen[object], theme: str) -> None:
    screen.app.theme = theme


class ConsoleCommands(Provider):
    """Textual's palette asks here."""

    async def discover(self) -> Hits:
        """Offer everything before something is typed."""
        for command in commands_of(self.screen):
            yield DiscoveryHit(command.title, command.run, help=command.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for command in commands_of(self.screen):
            score = max(matcher.match(command.title), matcher.match(command.help) * 0.7)
            if score > 0:
                yield Hit(score, matcher.highlight(command.title), command.run, help=command.help)

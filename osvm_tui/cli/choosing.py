"""From what an operator typed to what the cloud wants: a name or id is looked up among the choices of a parameter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import click

from osvm_tui.cli.param_options import PLAIN, flag_of
from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Ambiguous
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.services.resources_api import Choice

_SHOWN = 12
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID = 8
"""So many first characters of an id mean it."""


async def chosen(
    console: ConsoleApi,
    params: Iterable[Param],
    given: Mapping[str, object],
    entry: str,
    ref: VmRef | None = None,
    resource_id: str = "",
) -> dict[str, object]:
    """Return `given` with every name of a listed thing turned into what is sent."""
    found = dict(given)
    for param in params:
        if param.kind not in PLAIN and param.name in found:
            choices = await console.resources.choices(param.kind, entry, ref, resource_id)
            found[param.name] = meant(choices, str(found[param.name]), flag_of(param), param.kind)
    return found


def meant(choices: Iterable[Choice], text: str, option: str, kind: str) -> str:
    """Return the value that `text` means: a value, else a label, else the beginning of one value, else a whole UUID.

    Ambiguous when that is several; a usage error with what comes near when it is none.
    """
    listed = tuple(choices)
    found = [choice.value for choice in listed if choice.value == text]
    found = found or [choice.value for choice in listed if choice.label == text]
    found = found or [choice.value for choice in listed if len(text) >= _ID and choice.value.startswith(text)]
    what = kind.replace("-", " ")
    if len(found) > 1:
        raise Ambiguous(f"{option} {text} means {len(found)} of them", tuple(found))
    if not found and (_UUID.fullmatch(text) or (kind == "host" and not listed)):
        return (
            text  # Not every image is listed, nor hosts to everybody: what is named exactly is for the cloud to judge
        )
    if not found:
        raise click.UsageError(f"{option}: there is no {what} {text} to choose{_instead(listed, text)}")
    return found[0]


def _instead(choices: tuple[Choice, ...], text: str) -> str:
    labels = sorted({choice.label for choice in choices})
    if not labels:
        return "; there is none at all"
    near = get_close_matches(text, labels, n=5, cutoff=0.5)
    return f"; near are: {', '.join(near)}" if near else f"; there are: {', '.join(labels[:_SHOWN])}"

"""Text from outside made safe to draw: a name or a console log must never steer the operator's terminal."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return `text` without escape sequences; other control and direction-changing characters become `·`.

    Tabs and line ends stay; carriage returns before a line end go.
    """
    return _CONTROLS.sub("·", _ESCAPES.sub("", text.replace("\r\n", "\n")))

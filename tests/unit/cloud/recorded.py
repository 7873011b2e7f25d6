"""Answers recorded from a running OpenStack (release Zed), as replies."""

from __future__ import annotations

import json
from pathlib import Path

from osvm_tui.cloud.transport import Reply

FOLDER = Path(__file__).parents[2] / "data" / "wire"


def recorded(name: str) -> Reply:
    """Return one recorded answer."""
    found = json.loads((FOLDER / f"{name}.json").read_text())
    return Reply(found["status"], found["headers"], json.dumps(found["body"]).encode())

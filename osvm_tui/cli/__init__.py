"""The command `osvm`: the console by default; sub-commands run the same services without a screen.

Sub-commands are loaded when they are called, so that none pays for another's imports.
"""

from osvm_tui.cli.root import main

__all__ = ["main"]

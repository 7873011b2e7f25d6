"""Run the command `osvm` as `python -m osvm_tui`."""

from osvm_tui.cli import main

if __name__ == "__main__":
    main()

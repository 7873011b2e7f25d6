"""osvm-tui: a full-screen terminal console from which operators run their OpenStack VMs."""

__version__ = "0.1.0"

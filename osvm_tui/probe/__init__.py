"""Reaching into machines over the network; the services see only `base`."""

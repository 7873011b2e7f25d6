"""The clouds.yaml that reaches a served simulated cloud: one entry per account worth trying.

Pure text. The passwords in it are those of the simulation and protect nothing.
"""

from __future__ import annotations

from osvm_tui.cloud.mock.accounts import DOMAIN_NAME, PASSWORD, REGION

ENTRIES: dict[str, tuple[str, str]] = {
    "admin": ("admin", "admin"),
    "admin-demo": ("admin", "demo"),
    "demo": ("demo", "demo"),
    "reader": ("reader", "demo"),
    "ops": ("operator", "ops"),
    "web": ("operator", "web"),
    "batch": ("operator", "batch"),
}
"""Entry name to user and project, by name."""


def text(base_url: str) -> str:
    """Return a clouds.yaml whose entries log in at `base_url` (as the face prints it, no final slash)."""
    return "clouds:\n" + "".join(_entry(base_url, name, *who) for name, who in ENTRIES.items())


def _entry(base_url: str, name: str, user: str, project: str) -> str:
    return f"""  {name}:
    auth:
      auth_url: {base_url}/identity/v3
      username: {user}
      password: {PASSWORD}
      user_domain_name: {DOMAIN_NAME}
      project_name: {project}
      project_domain_name: {DOMAIN_NAME}
    region_name: {REGION}
    identity_api_version: 3
    interface: public
"""

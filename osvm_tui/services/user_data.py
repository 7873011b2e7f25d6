"""What can be known about user data before a cloud sees it: its size, its kind and, for cloud-config, its YAML. Pure.

Nova takes 65,535 characters of base64, so 49,149 raw bytes. Which first lines cloud-init acts upon: its documentation
of user data formats.
"""

from __future__ import annotations

MAX_BYTES = 49_149
_FIRST_LINES = (
    "#cloud-config",
    "#!",
    "#include",
    "#cloud-boothook",
    "#part-handler",
    "## template:",
    "Content-Type:",
    "MIME-Version:",
)


def user_data_problem(text: str) -> str:
    """Return one sentence on what a guest could not use, empty when nothing is wrong or there is no user data."""
    if not text:
        return ""
    length = len(text.encode())
    if length > MAX_BYTES:
        return f"it has {length:,} bytes; Nova takes {MAX_BYTES:,}"
    first = text.split("\n", 1)[0].rstrip()
    if not first.startswith(_FIRST_LINES):
        return f"cloud-init would ignore it: the first line is {_quoted(first)}, not #cloud-config, #! or the like"
    return _yaml_problem(text) if first in ("#cloud-config", "#cloud-config-archive") else ""


def _quoted(line: str) -> str:
    return f'"{line[:24]}{"..." if len(line) > 24 else ""}"' if line else "empty"


def _yaml_problem(text: str) -> str:
    import msgspec

    try:
        value = msgspec.yaml.decode(text.encode())
    except msgspec.DecodeError as error:
        return _where(error)
    wanted = list if text.startswith("#cloud-config-archive") else dict
    if value is None:
        return "there is nothing below #cloud-config"
    if not isinstance(value, wanted):
        return "a cloud-config is a list of keys and values, for example: packages: [nginx]"
    return ""


def _where(error: Exception) -> str:
    mark = getattr(error.__context__, "problem_mark", None)
    problem = getattr(error.__context__, "problem", None) or str(error).splitlines()[0]
    if mark is None:
        return f"not YAML: {problem}"
    return f"not YAML: line {mark.line + 1}, column {mark.column + 1}: {problem}"

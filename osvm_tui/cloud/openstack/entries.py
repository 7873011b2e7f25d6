"""clouds.yaml, secure.yaml and OS_* as the SDK's own loader reads them: names, missing secrets, and plain errors.

Opens no connection. The SDK skips a file that it cannot parse; here that is an error with file and line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from osvm_tui.cloud.base import CloudEntry, Prompt
from osvm_tui.cloud.transport import is_id
from osvm_tui.domain.errors import ConfigError

if TYPE_CHECKING:
    from openstack.config.cloud_region import CloudRegion
    from openstack.config.loader import OpenStackConfig

_DEFAULTS = "defaults"
_ONE_TIME = frozenset({"passcode", "code"})


def entries() -> tuple[CloudEntry, ...]:
    """Return every cloud that could be opened, in the order of the file; raise ConfigError for a broken file."""
    config = _loaded()
    return tuple(_entry(name, found) for name, found in _clouds(config).items())


def default_entry() -> str:
    """Return what OS_CLOUD names, or the only entry there is, or empty."""
    name = _loaded().default_cloud
    return name if name and name != _DEFAULTS else ""


def needs(entry: str) -> tuple[Prompt, ...]:
    """Return the secrets that `entry` leaves out; raise ConfigError when there is no such entry."""
    from keystoneauth1.exceptions import ClientException
    from keystoneauth1.loading import get_plugin_options
    from openstack.exceptions import SDKException

    config = _loaded()
    _known(config, entry)
    try:
        region = config.get_one(cloud=entry, validate=False)
        methods = region.config.get("auth_methods") or [region.config["auth_type"]]
        options = [option for method in methods for option in get_plugin_options(method)]
    except (SDKException, ClientException) as error:
        raise ConfigError(f"{_where(config)}: cloud {entry}: {_sentence(error)}") from None
    given = {**region.config, **region.config["auth"]}
    missing = [o for o in options if o.secret and (o.required or o.prompt) and not given.get(o.dest)]
    return tuple(Prompt(option.dest, _label(entry, option.dest), option.dest in _ONE_TIME) for option in missing)


def region_of(entry: str, secrets: Mapping[str, str], project: str = "") -> CloudRegion:
    """Return the SDK's configuration of `entry` with its login plugin made, for `project` (id or name) if given.

    Raises ConfigError, also for an entry that logs in with what belongs to one project.
    """
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    config = _loaded()
    _known(config, entry)
    try:
        if project:
            _must_be_movable(entry, str(config.get_one(cloud=entry, validate=False).config["auth_type"]))
        return config.get_one(cloud=entry, auth={**secrets, **_scope(project)})
    except (SDKException, ClientException, TypeError, ValueError) as error:
        raise ConfigError(f"{_where(config)}: cloud {entry}: {_sentence(error)}", hint="complete the entry") from None


def _must_be_movable(entry: str, auth_type: str) -> None:
    if "applicationcredential" in auth_type.replace("_", ""):
        raise ConfigError(
            f"cloud {entry} logs in with an application credential, which belongs to one project",
            hint="use an entry with a password to change the project",
        )


def _scope(project: str) -> dict[str, str]:
    """Return what overrides an entry's project; its domain stays. The SDK drops empty values."""
    if not project:
        return {}
    return (
        {"project_id": project, "project_name": ""} if is_id(project) else {"project_id": "", "project_name": project}
    )


def _loaded() -> OpenStackConfig:
    from openstack.config.loader import OpenStackConfig
    from openstack.exceptions import SDKException

    _check_syntax()
    try:
        config = OpenStackConfig()
    except (SDKException, AttributeError, TypeError) as error:
        raise ConfigError(f"the clouds configuration cannot be used: {_sentence(error)}") from None
    return config


def _check_syntax() -> None:
    from openstack.config.loader import CONFIG_FILES, SECURE_FILES

    for override, known in (("OS_CLIENT_CONFIG_FILE", CONFIG_FILES), ("OS_CLIENT_SECURE_FILE", SECURE_FILES)):
        named = os.environ.get(override)
        if named and not os.path.exists(named):
            raise ConfigError(f"{named} does not exist; {override} names it")
        used = next((path for path in [named, *known] if path and os.path.exists(path)), None)
        if used:
            _check_file(used)


def _check_file(path: str) -> None:
    import yaml  # type: ignore[import-untyped]

    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.safe_load(file)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(f"{path}, line {line}: {error.problem or 'not valid YAML'}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML ({type(error).__name__})") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    _check_shape(path, found)


def _check_shape(path: str, found: object) -> None:
    if found is None:
        return
    clouds = found.get("clouds", {}) if isinstance(found, dict) else None
    if not isinstance(clouds, dict):
        raise ConfigError(f"{path}: expected `clouds:` with a mapping of names to clouds")
    for name, cloud in clouds.items():
        if not isinstance(cloud, dict):
            raise ConfigError(f"{path}: cloud {name}: expected a mapping with auth, region_name and the like")


def _clouds(config: OpenStackConfig) -> dict[str, dict[str, Any]]:
    return {name: found for name, found in config.cloud_config["clouds"].items() if name != _DEFAULTS}


def _known(config: OpenStackConfig, entry: str) -> None:
    names = list(_clouds(config))
    if entry not in names:
        known = f"; there are {', '.join(names)}" if names else " and there is none"
        raise ConfigError(f"no cloud {entry} in {_where(config)}{known}", hint="choose one of these, or add it")


def _entry(name: str, found: Mapping[str, Any]) -> CloudEntry:
    auth = found.get("auth") or {}
    regions = found.get("regions") or [""]
    first = regions[0] if isinstance(regions[0], str) else str(regions[0].get("name", ""))
    return CloudEntry(
        name=name,
        auth_url=str(auth.get("auth_url") or found.get("profile") or ""),
        region=str(found.get("region_name") or first),
        user_name=str(auth.get("username") or auth.get("user_id") or ""),
        project_name=str(auth.get("project_name") or auth.get("project_id") or ""),
    )


def _where(config: OpenStackConfig) -> str:
    return config.config_filename or "clouds.yaml"


def _label(entry: str, option: str) -> str:
    words = {"passcode": "one-time code", "application_credential_secret": "application credential secret"}
    return f"{words.get(option, option.replace('_', ' ')).capitalize()} for {entry}"


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")

"""Glance's records as Nova and the seed write them: base images and snapshots with their own time line."""

from __future__ import annotations

import hashlib
from typing import Any

from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.server import Moment, Server

GIB = 1 << 30
Image = dict[str, Any]


def base_image(
    key: str, name: str, owner: str, at: float, size: int, min_disk: int, min_ram: int, **more: str
) -> Image:
    """Return an active public image; `size` in bytes, `min_disk` in GiB, `min_ram` in MiB."""
    image = _blank(key, name, owner, at, min_disk, min_ram)
    image |= {"visibility": "public", "disk_format": "qcow2", "tags": [], **more}
    return image | _filled(key, at, size)


def snapshot(server: Server, moment: Moment, key: str, name: str, made: float, line: list[float]) -> Image:
    """Return a private snapshot image: queued at `made`, saving and active at the two times of `line`.

    A volume-backed server gives an image of size 0 that is active at once.
    """
    image = _blank(key, name, server.project, made, moment.flavor.disk, 0)
    image |= {
        "visibility": "private",
        "disk_format": "qcow2" if moment.image else None,
        "tags": [],
        "image_type": "snapshot",
        "instance_uuid": server.id,
        "base_image_ref": moment.image,
        "user_id": server.user,
    }
    if not moment.image:
        return image | _filled(key, made, 0) | {"checksum": None}
    saving, active = line
    image["_line"] = [
        [saving, {"status": "saving", "updated_at": zulu(saving)}],
        [active, _filled(key, active, moment.flavor.disk * GIB // 8)],
    ]
    return image


def gone_at(image: Image, at: float) -> Image:
    """Return the image so that it vanishes at cloud time `at`."""
    return image | {"_line": [*image.get("_line", []), [at, {"status": "deleted"}]]}


def _blank(key: str, name: str, owner: str, at: float, min_disk: int, min_ram: int) -> Image:
    return {
        "id": key,
        "name": name,
        "owner": owner,
        "status": "queued",
        "created_at": zulu(at),
        "updated_at": zulu(at),
        "container_format": "bare",
        "min_disk": min_disk,
        "min_ram": min_ram,
        "protected": False,
        "os_hidden": False,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "size": None,
        "virtual_size": None,
    }


def _filled(key: str, at: float, size: int) -> Image:
    return {
        "status": "active",
        "updated_at": zulu(at),
        "size": size,
        "virtual_size": size,
        "checksum": hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(key.encode()).hexdigest(),
        "stores": "file",
    }

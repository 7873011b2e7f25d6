"""Where a SQLite store may lie: makes its directory and file for one user only, refuses network file systems."""

from __future__ import annotations

import os
from pathlib import Path

from osvm_tui.domain.errors import StoreError

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "lustre", "glusterfs", "beegfs", "gpfs"}
    | {"orangefs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.sshfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone"}
)


def filesystem_of(path: Path, mountinfo: str) -> str:
    """Return the type of the file system that holds `path`; `mountinfo` is the text of /proc/self/mountinfo.

    Source: proc(5): fields 5 (mount point, blanks as octal escapes) and, behind a lone dash, the type.
    """
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        point = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        inside = point == "/" or path == Path(point) or Path(point) in path.parents
        if inside and len(point) >= best:
            best, kind = len(point), right.split()[0]
    return kind


def refuse_network(path: Path) -> None:
    """Raise StoreError when `path` lies on a network file system, where SQLite's locks and WAL do not hold.

    Systems without /proc are not judged.
    """
    try:
        mountinfo = Path("/proc/self/mountinfo").read_text(errors="replace")
    except OSError:
        return
    kind = filesystem_of(path.resolve(), mountinfo)
    if kind in _NETWORK:
        raise StoreError(
            f"{path} lies on a network file system ({kind}), where SQLite's locks do not hold",
            hint="put the store on a local disk, or use PostgreSQL",
        )


def make_private(path: Path) -> None:
    """Make the directory (0700) and the file (0600) of a store; leaves the mode of an existing directory alone."""
    make_private_directory(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_uid == os.geteuid():
        path.chmod(0o600)


def make_private_directory(path: Path) -> None:
    """Make a directory and its missing parents, itself 0700."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)

"""`dial`: a TCP connection to a machine that speaks first, made on the event loop.

A machine that drops packets, or takes the connection and says nothing, costs a file descriptor and no thread.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from osvm_tui.domain.errors import ProbeFailed

_SILENT, _REFUSED, _CLOSED = "no answer", "connection refused", "it closes the connection at once"


async def dial(host: str, port: int, within_s: float) -> socket.socket:
    """Connect to an address (or, for bastions, a name) and wait until the machine says something.

    Returns a socket without Nagle's delay (RFC 896; each sample is a few small packets). Raises ProbeFailed in words
    that are the same for every machine; the hint names this one.
    """
    hint = f"{host}:{port}"
    try:
        async with asyncio.timeout(within_s):
            return await _connected(*await _resolved(host, port))
    except TimeoutError:
        raise ProbeFailed(_SILENT, hint=hint) from None
    except (ConnectionResetError, BrokenPipeError):
        raise ProbeFailed(_CLOSED, hint=hint) from None
    except ConnectionRefusedError:
        raise ProbeFailed(_REFUSED, hint=hint) from None
    except OSError as error:
        raise ProbeFailed(f"not reachable: {error.strerror or error}", hint=hint) from None


async def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return found[0][0], (str(found[0][4][0]), port)
    return (socket.AF_INET6 if version == 6 else socket.AF_INET), (host, port)


async def _connected(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    loop = asyncio.get_running_loop()
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(line, address)
        # RFC 4253, 4.2: both sides send their version at once; what never does so is not waited for on a thread.
        await _readable(line)
        if not line.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError
    except BaseException:
        line.close()
        raise
    return line


async def _readable(line: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    said = asyncio.Event()
    loop.add_reader(line, said.set)
    try:
        await said.wait()
    finally:
        loop.remove_reader(line)

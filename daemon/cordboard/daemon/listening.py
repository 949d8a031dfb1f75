"""Taking the address that the daemon listens on."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from cordboard.engine.errors import CordboardError, Fault

_BACKLOG: Final = 2048
"""Connections that may wait to be accepted: a restart's worth of impatient carriers."""


_PORTS_FAULT: Final = (errno.EADDRINUSE, errno.EACCES)
"""Somebody else has the port, or it is kept for the administrator."""


class CannotListen(CordboardError):
    """The address is taken, or is none of this machine's."""

    fault = Fault.OPERATOR


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Take every address that `host` stands for, on one port. Who connects waits until somebody accepts.

    Args:
        host: A name or an address.
        port: The port; 0 for any that is free.

    Raises:
        CannotListen: One of the addresses cannot be had.
    """
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, kind, protocol, _, address in found:
                taken = stack.enter_context(socket.socket(family, kind, protocol))
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:  # IPv4 comes as an address of its own
                    taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)

                taken.bind((address[0], port, *address[2:]))
                taken.listen(_BACKLOG)
                taken.setblocking(False)
                port = taken.getsockname()[1]  # where any will do, the first decides for the others
                sockets.append(taken)
        except OSError as error:
            advice = "; choose another with --port" if error.errno in _PORTS_FAULT else ""
            raise CannotListen(f"cannot listen on {host} port {port}: {error.strerror}{advice}") from None

        yield sockets


def url_of(listener: socket.socket) -> str:
    """Return an address at which this machine reaches a listener."""
    host, port = listener.getsockname()[:2]
    host = _ANY.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on

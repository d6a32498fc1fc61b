"""The connections that results come over: to public addresses only, read in large pieces."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore

from seedwatch.providers.addresses import is_public_address
from seedwatch.texts import say

_PIECE_BYTES = 256 << 10
"""each piece costs the same few turns of the interpreter, whether small or large"""

Resolve = Callable[[str, int], Iterable[str]]
"""the addresses of a host; raises OSError"""


def resolved(host: str, port: int) -> Iterator[str]:
    """The addresses that the system finds for a host, each once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return iter(dict.fromkeys(str(address[0]) for *_, address in found))


class ResultNetwork(httpcore.NetworkBackend):
    """Looks a host up itself and connects to the very address it has checked (promises.md T1).

    A second look-up of the same name could give another answer. `own` is the host and port of the
    account's base URL, which may lie in the local network.
    """

    def __init__(self, own: tuple[str, int | None], resolve: Resolve = resolved) -> None:
        self._own = own
        self._resolve = resolve
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers.

        Raises:
            httpcore.ConnectError: none does, or one of them is not public.
            httpcore.ConnectTimeout: as it says.
        """
        failed: Exception = httpcore.ConnectError(host)
        for address in self._addresses(host, port):
            try:
                stream = self._system.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _LargePieces(stream)
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        """Where to connect to; a host with one private address is not trusted with the others."""
        if (host, port) == self._own:
            return [host]
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in addresses:
            if not is_public_address(address):
                raise httpcore.ConnectError(say("provider.link_private", address=address))
        return addresses


class _LargePieces(httpcore.NetworkStream):
    """A connection that gives more at a time than is asked for: the parser takes any amount."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        size = max(max_bytes, _PIECE_BYTES)
        if sys.platform != "linux" or timeout is None:
            return self._stream.read(size, timeout)
        connection: socket.socket = self._stream.get_extra_info("socket")
        try:
            if connection.gettimeout() is not None:  # as it is after each write
                _wait_in_the_system(connection, timeout)
            return connection.recv(size)
        except (BlockingIOError, ssl.SSLWantReadError) as error:
            raise httpcore.ReadTimeout("the timeout passed") from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _LargePieces(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _wait_in_the_system(connection: socket.socket, timeout: float) -> None:
    """Let `recv` itself wait: a timeout of Python makes three calls of it."""
    connection.settimeout(None)
    seconds, rest = divmod(timeout, 1)
    limit = struct.pack("@ll", int(seconds), int(rest * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)

"""A way to a server on which bytes come late, or no further."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 1 << 14


class FaultyProxy:
    """A TCP proxy on this machine.

    :param port: where clients connect.
    :param delay: seconds that each piece of an answer takes more.
    :param allowance: how many bytes of answers pass on each connection; those after them never
        arrive, and the connection stays open.
    """

    def __init__(self, target: int, delay: float = 0.0, allowance: int | None = None) -> None:
        self._target = target
        self._delay = delay
        self._allowance = allowance
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._ended = threading.Event()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """As Pants names it."""
        return f"grpc://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients have connected."""
        return (len(self._sockets) - 1) // 2

    def stop(self) -> None:
        """Closes all connections."""
        self._ended.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [client, server]
            threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        left = self._allowance
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                time.sleep(self._delay)
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                client.sendall(data)
                if left == 0:
                    self._ended.wait()
                    return


@contextmanager
def faulty_proxy(
    target: int, delay: float = 0.0, allowance: int | None = None
) -> Iterator[FaultyProxy]:
    """A proxy that ends with the context."""
    proxy = FaultyProxy(target, delay, allowance)
    try:
        yield proxy
    finally:
        proxy.stop()

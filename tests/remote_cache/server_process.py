"""What the processes of servers have in common: a free port, whether they answer, their end."""

from __future__ import annotations

import signal
import socket
import subprocess
import time


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(process: subprocess.Popen, port: int, seconds: float) -> bool:
    """Whether the process listens on the port within some seconds, and has not ended."""
    limit = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < limit:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def end(process: subprocess.Popen) -> None:
    """Ends the process, by force if it takes more than 10 s."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

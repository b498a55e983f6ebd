"""A command that a warm server runs (see `warm_server`), with the streams, folder and environment it gets.

Arguments: the server's socket, the script, and the script's own arguments. It exits as the script does.
Standard library only, and little of it: this process exists to start in no time.
"""

# no belief: how processes are kept warm

from __future__ import annotations

import json
import os
import socket
import sys

KILLED = 137  # as shells say it


def main() -> int:
    """Sends the request, waits for the end of the script and returns its exit status."""
    address, script, *arguments = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        request = {
            "script": script,
            "arguments": arguments,
            "folder": os.getcwd(),
            "variables": dict(os.environ),
            "session": False,
        }
        content = json.dumps(request).encode()
        socket.send_fds(connection, [b"\0"], [0, 1, 2])
        connection.sendall(f"{len(content):08d}".encode() + content)
        with connection.makefile() as answer:
            lines = answer.read().split()
    status = int(lines[1]) if len(lines) == 2 else KILLED
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())

"""A command that a warm server runs (see `warm_server`), with the streams, folder and environment it gets.

Arguments: the server's socket, the script, and the script's own arguments. It exits as the script does.
This process exists to start in no time, and so takes what is built into the interpreter: `json` and `socket`
take longer to load than the interpreter itself.
"""

# no belief: how processes are kept warm

from __future__ import annotations

import marshal
import os
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOL_SOCKET, socket

KILLED = 137  # as shells say it


def main() -> int:
    """Sends the request, waits for the end of the script and returns its exit status."""
    address, script, *arguments = sys.argv[1:]
    connection = socket(AF_UNIX)
    connection.connect(address)
    request = {
        "script": script,
        "arguments": arguments,
        "folder": os.getcwd(),
        "variables": dict(os.environ),
        "session": False,
    }
    content = marshal.dumps(request)
    streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
    connection.sendmsg([b"\0"], [(SOL_SOCKET, SCM_RIGHTS, streams)])
    connection.sendall(f"{len(content):08d}".encode() + content)
    answer = b""
    while part := connection.recv(64):
        answer += part
    lines = answer.split()
    status = int(lines[1]) if len(lines) == 2 else KILLED
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())

"""moto over HTTP, with nothing in it at the start."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer


@contextmanager
def empty_moto(host: str = "localhost") -> Iterator[str]:
    """The address of a server, under a name of this machine.

    moto's state is the process's. Whatever ran before, a rehearsal with a log group that stays for example,
    would be in the account too.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = f"http://{host}:{server.get_host_and_port()[1]}"
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
        yield url
    finally:
        server.stop()

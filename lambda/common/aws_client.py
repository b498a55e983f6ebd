"""Clients of AWS's APIs, made when they are needed: each reads the whole model of its service."""

from __future__ import annotations

from typing import Any


def make_client(
    service: str, region: str | None, *, connect: float, read: float, attempts: int = 1, **config: Any
) -> Any:
    """A botocore client that succeeds or fails soon.

    Args:
        connect: Seconds to connect.
        read: Seconds to wait for each part of an answer.
        attempts: Attempts of each call. By default 1, because a function repeats calls within its deadline.
    """
    from botocore.config import Config
    from botocore.session import get_session

    retries = {"mode": "standard", "total_max_attempts": attempts}
    made = Config(connect_timeout=connect, read_timeout=read, retries=retries, **config)
    return get_session().create_client(service, region_name=region, config=made)

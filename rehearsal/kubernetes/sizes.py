"""How large requests and objects may be.

https://github.com/kubernetes/apiserver/blob/master/pkg/server/config.go (``MaxRequestBodyBytes``) and
https://etcd.io/docs/v3.6/dev-guide/limit/. etcd gets built-in objects in a shorter form than JSON, so objects
close to its limit may be refused here alone.
"""

# belief: K8S-sizes

from __future__ import annotations

import json
from typing import Final

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object

REQUEST: Final = 3 * 1024 * 1024
"""Bytes that the body of a request may have."""
STORED: Final = 1536 * 1024
"""Bytes that etcd takes for one object."""
_MESSAGE: Final = 2 * 1024 * 1024


# belief: K8S-sizes
def check_request(body: bytes) -> None:
    """Refuse a body that is too large.

    Raises:
        ApiError: 413.
    """
    if len(body) >= REQUEST:
        message = f"Request entity too large: limit is {REQUEST}"
        raise ApiError(413, "RequestEntityTooLarge", message)


# belief: K8S-sizes
def check_stored(body: Object) -> None:
    """Refuse an object that etcd would not take.

    Raises:
        ApiError: 500, as the server answers.
    """
    size = len(json.dumps(body, separators=(",", ":"), ensure_ascii=False))
    if size > _MESSAGE:
        words = f"trying to send message larger than max ({size} vs. {_MESSAGE})"
        raise ApiError(500, "", f"rpc error: code = ResourceExhausted desc = {words}")
    if size > STORED:
        raise ApiError(500, "", "etcdserver: request is too large")

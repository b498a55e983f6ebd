"""Reads the cluster for the checks: list by list, page by page, each object trimmed at once."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from attempts import Call
from errors import PermanentError

from cdk_eks_cilium.doctor.engine.fields import trim
from cdk_eks_cilium.doctor.engine.reader import Read, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Objects, Reading
from cdk_eks_cilium.doctor.gate.requests import PAGE, narrowed, path_of

GRANT: Final = "apply the gate's roles and bindings as the stack has them"


class ClusterReader:
    """The API server in one look. What does not answer once is not asked again in the same look.

    Attributes:
        hopeless: Why no look will ever see anything.
    """

    def __init__(self, call: Call, attempt: int) -> None:
        self._call = call
        self._attempt = attempt
        self._silent = ""
        self.hopeless: PermanentError | None = None

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading; None for one that is not of the API.

        Raises:
            UnreadError: The API server does not answer with them.
        """
        if not isinstance(reading, Objects):
            return None
        request, found, token = narrowed(reading), [], ""
        while True:
            page = self._page(path_of(request), token)
            if page is None:
                return Read(served=False)
            found += [trim(each, reading.keep) for each in page.get("items") or ()]
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                return Read(tuple(found))

    def _page(self, path: str, token: str) -> Mapping[str, Any] | None:
        if self._silent:
            raise UnreadError(self._silent)
        query = urlencode({"limit": PAGE, **({"continue": token} if token else {})})
        try:
            answer = self._call.ask("GET", f"{path}?{query}", self._attempt)
        except PermanentError as error:
            self.hopeless = error
            self._silent = str(error)
            raise UnreadError(self._silent) from None
        if answer.ok:
            return answer.body
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        text = f"{path} must be readable, GET got {answer}; {self._call.fix(answer, GRANT)}"
        if answer.status == 0:
            self._silent = text
        raise UnreadError(text)

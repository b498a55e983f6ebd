"""What became of a chart value that was imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cdk_eks_cilium.problems import MISSING

Kind = Literal["typed", "override", "same", "renamed", "deployment", "unread", "impossible"]
"""``typed``: a field has it. ``override``: it stays a raw chart value. ``same``: dropped, since the library
or the chart has this value anyway. ``renamed``: an old spelling, read as the new one. ``deployment``:
dropped, since the deployment fills it in. ``unread``: dropped, since the chart of this release does not read
it. ``impossible``: dropped, and the cluster will not have it."""


@dataclass(frozen=True)
class ImportNote:
    """What became of a chart value.

    Attributes:
        kind: What became of it, in one word.
        key: Its path in the chart's values.
        text: The same in words, as a clause.
        value: The value; `MISSING` for what the file leaves out.
    """

    kind: Kind
    key: str
    text: str
    value: Any = MISSING

    def __str__(self) -> str:
        got = "" if self.value is MISSING else f", got {self.value!r}"
        return f"{self.key}: {self.text}{got}"

    def as_json(self) -> dict[str, Any]:
        """The finding as plain data; a value that is not given is left out."""
        got = {} if self.value is MISSING else {"value": self.value}
        return {"kind": self.kind, "key": self.key, "text": self.text, **got}

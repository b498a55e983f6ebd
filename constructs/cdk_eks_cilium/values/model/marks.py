"""What the declaration of a field says besides its type: since when it is known, and its chart values.

bbr: Annotated[StrictBool, Chart("bandwidthManager.bbr")] = Field(default=False, description="...")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour

KNOWN: Final = behaviour.chart.KNOWN_VALUES
"""Every chart is known for the base of this library, and what is more from here on: for older charts it is
refused by name, and raw values may set it."""

IS_TYPED: Final = "it is a typed value"
"""Why overrides must leave a chart value alone where nothing else depends on it."""


def plain(value: Any) -> Any:
    """A typed value as a person would write it: mappings and lists, without what is left at its default."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=True)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


@dataclass(frozen=True)
class Since:
    """Since when a field, or a whole section, is known. Without one it is for every chart."""

    behaviour: Behaviour


@dataclass(frozen=True)
class Owns:
    """Chart values that a field answers for, from its first version on: overrides may not set them.

    Attributes:
        keys: Their paths in the chart's values, apart by spaces: ``bandwidthManager.bbr``.
        reason: Why they are not for overrides, as a clause.
        fix: What to use instead, as a clause. By default the field, as it is called.
    """

    keys: str
    reason: str = IS_TYPED
    fix: str = ""


@dataclass(frozen=True)
class Chart(Owns):
    """The chart values that a field is written to, where it is another than the default.

    In a section that may be left out, every field is written once the section is there.

    Attributes:
        to: Makes of the field's value what the chart takes.
        always: Write the default, too.
        owned: False lets overrides set the values, and win: for what no rule and no other part of the
            deployment reads.
    """

    to: Callable[[Any], Any] = plain
    always: bool = False
    owned: bool = True

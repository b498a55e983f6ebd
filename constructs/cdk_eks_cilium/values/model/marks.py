"""What the declaration of a field names besides its type: its first release, and its chart values.

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
"""The library knows every chart for its base, and its further fields from this release on. For older charts
it refuses such a field by name, and raw values may set the chart value."""

IS_TYPED: Final = "it is a typed value"
"""Why overrides must leave a chart value alone where nothing else depends on it."""


def plain(value: Any) -> Any:
    """A typed value as a person would write it: mappings and lists, without defaults."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=True)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def as_it_is(value: Any) -> Any:
    """A chart value that is the field's value too."""
    return value


def section_if_on(switch: Any) -> Any:
    """The section that a chart's switch stands for: one with its defaults, or None."""
    return {} if switch is True else None


@dataclass(frozen=True)
class Since:
    """The first release with a field, or with a whole section. A field without it is for every chart."""

    behaviour: Behaviour


@dataclass(frozen=True)
class Owns:
    """Chart values that a field answers for, from its first version on: overrides may not set them.

    Attributes:
        keys: Their paths in the chart's values, separated by spaces: ``bandwidthManager.bbr``.
        reason: Why overrides may not set them, as a clause.
        fix: What to use instead, as a clause. By default the field, as Python calls it.
    """

    keys: str
    reason: str = IS_TYPED
    fix: str = ""


@dataclass(frozen=True)
class Chart(Owns):
    """The chart values that a field is written to, if it differs from its default.

    In a section that may be left out, every field is written once the section is there.

    Attributes:
        to: Turns the field's value into the chart's.
        back: Turns the chart's value into the field's, as the model takes it.
        always: Write the default, too.
        owned: False lets overrides set the values, and win: for values that no rule and no other part of
            the deployment reads.
    """

    to: Callable[[Any], Any] = plain
    back: Callable[[Any], Any] = as_it_is
    always: bool = False
    owned: bool = True

"""What the parts of the settings have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from .fields import refuse_value


class Part(BaseModel):
    """A part of the settings: closed, frozen, and strict about types."""

    # Sequences are lists, not tuples: jsii takes only lists, and these go straight into construct props.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def unlike(values: list[str]) -> list[str]:
    """Return *values*, or refuse them if one is there twice."""
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if twice is not None:
        refuse_value(f"must name each one once, {twice!r} is there twice", got=values)
    return values

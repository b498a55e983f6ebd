"""What the parts of the settings have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import Dialect, Word


class Part(Model):
    """A part of the settings: closed, frozen, and strict about types."""

    # Sequences are lists, not tuples: jsii takes only lists, and these go straight into construct props.
    model_config = ConfigDict(strict=True)
    dialect: ClassVar[Dialect] = Dialect(unknown=Word("is no setting"), top="settings")


def unlike(values: list[str]) -> list[str]:
    """Return *values*, or refuse them if one is there twice."""
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if twice is not None:
        raise refusal(f"must name each one once, {twice!r} is there twice")
    return values


def like(model: type[BaseModel], name: str) -> Any:
    """The default and the description of a field of the typed values, for a setting that feeds it."""
    field = model.model_fields[name]
    if field.default_factory is not None:
        return Field(default_factory=field.default_factory, description=field.description)
    return Field(default=field.default, description=field.description)

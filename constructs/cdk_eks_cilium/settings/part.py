"""What the parts of the settings have in common."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import Dialect, Word


class SettingsPart(Model):
    """A part of the settings: closed, frozen, and strict about types."""

    # Sequences are lists, not tuples: jsii takes only lists, and these go straight into construct props.
    model_config = ConfigDict(strict=True)
    dialect: ClassVar[Dialect] = Dialect(unknown=Word("is no setting", id="CEK1031"), top="settings")


def unlike(values: list[str]) -> list[str]:
    """Return *values*, or refuse them if one is there twice."""
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if twice is not None:
        raise refusal(f"must name each one once, {twice!r} is there twice", id="CEK1032")
    return values

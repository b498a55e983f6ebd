"""The base of all parts of the settings."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import Dialect, Word


class SettingsPart(Model):
    """A part of the settings: closed, frozen, and strict about types."""

    # Sequences are lists, not tuples: jsii accepts only lists, and constructs get these lists unchanged.
    model_config = ConfigDict(strict=True)
    dialect: ClassVar[Dialect] = Dialect(unknown=Word("is not a setting", id="CEK1031"), top="settings")


def unlike(values: list[str]) -> list[str]:
    """Return *values*; refuse repeated values."""
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if twice is not None:
        raise refusal(f"must list each value once, {twice!r} is there twice", id="CEK1032")
    return values

"""What Cilium does in an installation, independent of the chart's version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .datapath import Egress
from .features import Features
from .marks import Owns

__all__ = ["CiliumValues", "Profile"]

Profile = Literal["standard", "article"]


class CiliumValues(Features):
    """What Cilium does; `helm_values` writes it for one chart version.

    The keys of Cilium's chart change their names, their types and even their meaning from minor to minor, and
    the chart ignores a key it does not know. This model is closed instead: an unknown name is an error, and
    `problems` refuses what a version does not have.
    """

    egress: Annotated[
        Egress,
        Owns(
            "enableIPv4Masquerade egressMasqueradeInterfaces",
            "how pods leave the VPC also decides their routes",
            "use egress=Egress.node(...) or Egress.pod()",
        ),
    ] = Field(
        default_factory=Egress.node,
        description="How pods leave the VPC: with the node's address or their own.",
    )
    profile: Profile = Field(
        default="standard",
        description="'article' installs exactly the values of the article this project began with, and fits "
        f"Cilium {CiliumVersion.ARTICLE.minor} only; everything else stays at its default then.",
    )
    image_registry: str | None = Field(
        default=None,
        description="The registry of every image, with a path if it has one. Each image keeps its own path "
        "below that: REGISTRY/cilium/cilium. By default the chart's registries on the internet.",
    )
    overrides: Mapping[str, Any] = Field(
        default_factory=dict,
        description="Raw chart values, merged last; null unsets a chart's default. Values that the library "
        "answers for are refused.",
    )

    @field_validator("overrides", mode="after")
    @classmethod
    def _plain_copy(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep a copy, so that the caller's later changes do not reach a frozen model."""
        try:
            plain: Mapping[str, Any] | None = json.loads(json.dumps(dict(given), allow_nan=False))
        except (TypeError, ValueError):
            plain = None
        if plain is None or plain != given:
            raise refusal(
                "must hold only what JSON can: mappings with text keys, lists, text, numbers, booleans, null",
                "write plain values; CDK tokens go in as text",
                id="CEK2003",
            )
        return plain

"""The tenants of an environment: namespaces with default deny, and the policies that allow traffic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .fields import LabelKey, LabelValue, NamespaceName
from .part import SettingsPart, unlike


class TenantSettings(SettingsPart):
    """A namespace with Pod Security, default deny in both directions, and its policies."""

    namespace: NamespaceName = Field(description="The namespace, which the stack makes. Each has one tenant.")
    policies: Annotated[list[str], AfterValidator(unlike)] = Field(
        default=[],
        description="YAML files with CiliumNetworkPolicies, or folders of such files, relative to the "
        "settings file. Without a policy its pods reach only DNS.",
    )
    pod_security: Literal["privileged", "baseline", "restricted"] = Field(
        default="baseline",
        description="The Pod Security Standard that its pods must meet. 'baseline' also warns of pods that "
        "are not 'restricted'.",
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default={}, description="Further Kubernetes labels of the namespace."
    )
    default_deny: bool = Field(
        default=True,
        description="Refuse all traffic of its pods, in both directions, except traffic that a policy "
        "allows, DNS and the kubelet's probes.",
    )
    removal: Literal["retain", "delete"] = Field(
        default="retain",
        description="What happens to namespace and policies when the settings drop the tenant: 'retain' "
        "keeps both, since pods without their policies would be open to everyone; 'delete' deletes both, "
        "and everything in the namespace.",
    )

"""The tenants of an environment: namespaces that are shut, and the policies that open them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .fields import LabelKey, LabelValue, NamespaceName
from .part import SettingsPart, unlike


class TenantSettings(SettingsPart):
    """A namespace with Pod Security, default deny in both directions, and its policies."""

    namespace: NamespaceName = Field(description="The namespace, which is made. One tenant for each.")
    policies: Annotated[list[str], AfterValidator(unlike)] = Field(
        default=[],
        description="YAML files with CiliumNetworkPolicies, or folders of them, as seen from the settings "
        "file. By default none: its pods then reach DNS alone.",
    )
    pod_security: Literal["privileged", "baseline", "restricted"] = Field(
        default="baseline",
        description="The Pod Security Standard that its pods must meet. With 'baseline', what is not "
        "'restricted' is warned of.",
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default={}, description="Further Kubernetes labels of the namespace."
    )
    default_deny: bool = Field(
        default=True,
        description="Refuse its pods, in both directions, whatever no policy allows, but for DNS and the "
        "kubelet's probes.",
    )
    removal: Literal["retain", "delete"] = Field(
        default="retain",
        description="What becomes of namespace and policies when the tenant is taken out: 'retain' leaves "
        "both, for pods without their policies would be open to everyone; 'delete' deletes both, and all "
        "that is in the namespace.",
    )

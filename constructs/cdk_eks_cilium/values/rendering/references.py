"""What the rendered values refer to, and the typed values cannot know: names that the deployment makes."""

from __future__ import annotations

from dataclasses import dataclass

# belief: HELM-foreign-objects


@dataclass(frozen=True, kw_only=True)
class References:
    """Things outside Cilium that its values name. Any text may be a CDK token.

    Attributes:
        cluster_name: Cilium's name of the cluster, see `derive_cluster_name`.
        operator_role_arn: The role in the annotation of the operator's ServiceAccount; None with EKS Pod
            Identity, which binds the role from outside.
        subnet_ids: The pod subnets, one or more, in a stable order.
        api_server_host: Host of the Kubernetes API without scheme; needed to replace kube-proxy.
    """

    cluster_name: str
    operator_role_arn: str | None
    subnet_ids: tuple[str, ...]
    api_server_host: str | None = None

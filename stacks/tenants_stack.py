"""The tenants: namespaces with their policies, which come and go without the cluster."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_eks_cilium import Tenant
from cdk_eks_cilium.settings import Settings
from stacks.cluster_stack import ClusterStack


class TenantsStack(cdk.Stack):
    """Namespaces, default deny, and the policies of each tenant. It needs the cluster's nodes."""

    def __init__(
        self, scope: Construct, id: str, *, settings: Settings, cluster: ClusterStack, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, termination_protection=settings.termination_protection, **kwargs)
        self.add_stack_dependency(cluster)
        self.tenants = [
            Tenant(
                self,
                tenant.namespace,
                cilium=cluster.platform.cilium,
                namespace=tenant.namespace,
                policies=tenant.policies,
                pod_security=tenant.pod_security,
                labels=tenant.labels,
                default_deny=tenant.default_deny,
                removal=tenant.removal,
            )
            for tenant in settings.tenants
        ]

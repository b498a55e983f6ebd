"""The Kubernetes objects that belong to aws-node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Target:
    """One object of the cluster.

    Attributes:
        kind: As in manifests.
        resource: As in RBAC rules, with the API group behind a dot.
        collection: The path of all objects of the kind on the API server.
        name: Its name.
        namespaced: Whether it lives in kube-system, or else is clusterwide.
    """

    kind: str
    resource: str
    collection: str
    name: str
    namespaced: bool = True

    @property
    def path(self) -> str:
        """The path of the object on the API server."""
        return f"{self.collection}/{self.name}"

    @property
    def selector(self) -> str:
        """The label by which a patch keeps its pods off every node: no node has it by default.

        Cilium's own guides use this name for aws-node:
        https://docs.cilium.io/en/stable/installation/k8s-install-helm/
        """
        return f"io.cilium/{self.name}-enabled"

    @property
    def look(self) -> str:
        """The command that shows the object."""
        scope = "-n kube-system " if self.namespaced else ""
        return f"kubectl {scope}get {self.kind.lower()} {self.name} -o yaml"

    def of(self, cluster_name: str) -> str:
        """The object, in words."""
        return f"{self.kind} {'kube-system/' if self.namespaced else ''}{self.name} of cluster {cluster_name}"

    def grant(self, verbs: str) -> str:
        """How a group gets *verbs* on the object, in words."""
        role = "in kube-system to a Role" if self.namespaced else "to a ClusterRole"
        return f"bind that group {role} with the verbs {verbs} on {self.resource} {self.name}"


def daemon_set(name: str) -> Target:
    """The DaemonSet of that name in kube-system."""
    return Target("DaemonSet", "daemonsets.apps", "/apis/apps/v1/namespaces/kube-system/daemonsets", name)


#: The other objects of the VPC CNI's manifest, which nothing else in a cluster uses:
#: https://github.com/aws/amazon-vpc-cni-k8s/blob/master/config/master/aws-k8s-cni.yaml
# belief: EKS-crds-come-back
#: The CRDs cninodes.vpcresources.k8s.aws and policyendpoints.networking.k8s.aws are not among them:
#: controllers in EKS's control plane own them and put them back
#: (https://github.com/aws/amazon-vpc-resource-controller-k8s/issues/358,
#: https://github.com/aws/aws-network-policy-agent/issues/668).
EXTRAS: Final = (
    Target(
        "ClusterRoleBinding",
        "clusterrolebindings.rbac.authorization.k8s.io",
        f"{_RBAC}/clusterrolebindings",
        "aws-node",
        namespaced=False,
    ),
    Target(
        "ClusterRole",
        "clusterroles.rbac.authorization.k8s.io",
        f"{_RBAC}/clusterroles",
        "aws-node",
        namespaced=False,
    ),
    Target("ServiceAccount", "serviceaccounts", "/api/v1/namespaces/kube-system/serviceaccounts", "aws-node"),
    Target("ConfigMap", "configmaps", "/api/v1/namespaces/kube-system/configmaps", "amazon-vpc-cni"),
    Target(
        "CustomResourceDefinition",
        "customresourcedefinitions.apiextensions.k8s.io",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        "eniconfigs.crd.k8s.amazonaws.com",
        namespaced=False,
    ),
)

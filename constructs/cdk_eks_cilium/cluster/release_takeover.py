"""Take Cilium's release back from changes by hand, before Helm applies it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.rbac import RBAC, role_and_binding
from cdk_eks_cilium.versions import CiliumVersion

# belief: CFN-update-follows-dependencies, HELM-4-applies-on-server

NAMESPACE: Final = "kube-system"
RELEASE: Final = "cilium"

# The kinds in https://github.com/cilium/cilium/tree/v1.20.0/install/kubernetes/cilium/templates and in the
# charts since 1.12, but Jobs, which Helm makes anew, and SPIRE, which has a namespace of its own.
TYPES: Final = (
    "v1/configmaps",
    "v1/endpoints",
    "v1/resourcequotas",
    "v1/serviceaccounts",
    "v1/services",
    "apps/v1/daemonsets",
    "apps/v1/deployments",
    "batch/v1/cronjobs",
    "cert-manager.io/v1/certificates",
    "cert-manager.io/v1/issuers",
    "discovery.k8s.io/v1/endpointslices",
    "monitoring.coreos.com/v1/prometheusrules",
    "monitoring.coreos.com/v1/servicemonitors",
    "networking.k8s.io/v1/ingresses",
    "networking.k8s.io/v1/networkpolicies",
    "policy/v1/poddisruptionbudgets",
)
CLUSTER_TYPES: Final = (
    f"{RBAC}/v1/clusterrolebindings",
    f"{RBAC}/v1/clusterroles",
    # The chart has Roles in the namespaces of secrets, too.
    f"{RBAC}/v1/rolebindings",
    f"{RBAC}/v1/roles",
    "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    "gateway.networking.k8s.io/v1/gatewayclasses",
    "networking.k8s.io/v1/ingressclasses",
)
# These are the release's also when somebody made them anew, without Helm's marks.
NAMED: Final = (
    "v1/configmaps/cilium-config",
    "apps/v1/daemonsets/cilium",
    "apps/v1/daemonsets/cilium-envoy",
    "apps/v1/deployments/cilium-operator",
    "apps/v1/deployments/hubble-relay",
    "apps/v1/deployments/hubble-ui",
)
# The chart's certificates. A right to list Secrets would be one to read all of the namespace.
SECRETS: Final = (
    "cilium-ca",
    "hubble-ca-secret",
    "hubble-metrics-server-certs",
    "hubble-relay-client-certs",
    "hubble-relay-server-certs",
    "hubble-server-certs",
    "hubble-ui-client-certs",
)
# Whoever patches a role or a binding must hold its rights, or these verbs on it:
# belief: K8S-rbac-escalation-check
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
ROLES: Final = (
    "cilium",
    "cilium-bgp-control-plane-secrets",
    "cilium-config-agent",
    "cilium-coredns-mcsapi-autoconfig",
    "cilium-envoy-config-secrets",
    "cilium-envoy-node-locality",
    "cilium-gateway-secrets",
    "cilium-ingress-secrets",
    "cilium-operator",
    "cilium-operator-gateway-secrets",
    "cilium-operator-ingress-secrets",
    "cilium-operator-secrets",
    "cilium-operator-tlsinterception-secrets",
    "cilium-operator-ztunnel",
    "cilium-pre-flight",
    "cilium-secrets",
    "cilium-tlsinterception-secrets",
    "clustermesh-apiserver",
    "clustermesh-apiserver-generate-certs",
    "coredns-mcsapi",
    "hubble-generate-certs",
    "hubble-ui",
)
# How CDK writes a token into a text.
_TOKEN: Final = re.compile(r"\$\{Token\[[^\]]+\]\}")
_VERBS: Final = ["get", "list", "patch"]


class ReleaseTakeover(ClusterFunction):
    """Custom resource that makes Helm the manager of every field of the release's objects.

    Helm 4 applies without force. After a change by hand, such as ``kubectl edit``, its next apply would be a
    conflict, in an update as in the roll-back of one. So this resource changes whenever the release does, and
    the release must depend on it. It changes no value: Helm does, with its apply.

    It refuses an update that skips a minor of Cilium, by the stack's own change and by the agents that run,
    and so before Helm changes anything. It never refuses a roll-back.

    The attribute ``TakenBack`` says which fields were taken back from whom, or ``nothing``.

    Args:
        cluster: The cluster, ours or imported, with a kubectl provider (for the roles' manifest).
        inputs: Everything that the release is made of; texts may be tokens.
        version: The release of Cilium.
        allow_minor_skip: Whether an update may skip a minor, which Cilium does not test.
        subnets: Subnets for the function. By default it is outside the VPC.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        inputs: Sequence[str],
        version: CiliumVersion,
        allow_minor_skip: bool = False,
        subnets: Sequence[ec2.ISubnet] = (),
    ) -> None:
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="release_takeover",
            description="Takes objects of Cilium's release back from changes by hand, before Helm applies it",
            timeout=cdk.Duration.minutes(3),
            service_timeout=cdk.Duration.minutes(5),
            subnets=subnets,
        )
        self.permissions = Construct(self, "Permissions")
        self.enter_cluster(self.permissions)
        #: Properties that change with the release.
        self.fingerprint = fingerprint(inputs)
        rights = takeover_rights(self.role_name, self.group)
        self.rights = self.grant_in_kubernetes(self.permissions, "Rbac", rights)
        self.resource = self.custom_resource(
            self,
            resource_type="Custom::CiliumReleaseTakeover",
            properties={
                **self.cluster_properties,
                "Release": RELEASE,
                "Namespace": NAMESPACE,
                "Types": list(TYPES),
                "ClusterTypes": list(CLUSTER_TYPES),
                "Named": [*NAMED, *(f"v1/secrets/{name}" for name in SECRETS)],
                "CiliumVersion": str(version),
                **({"MinorSkipAllowed": "true"} if allow_minor_skip else {}),
                **self.fingerprint,
            },
        )
        self.resource.node.add_dependency(self.permissions)

    @property
    def taken_back(self) -> str:
        """What the latest update took back from whom, in words; a token."""
        return self.resource.get_att_string("TakenBack")


def takeover_rights(name: str, group: str) -> list[dict[str, Any]]:
    """The function's roles, and their bindings; all are called *name*."""
    named = [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": list(SECRETS),
            "verbs": ["get", "patch"],
        }
    ]
    roles = {
        "apiGroups": [RBAC],
        "resources": ["clusterroles", "roles"],
        "resourceNames": list(ROLES),
        "verbs": ["bind", "escalate"],
    }
    return [
        *role_and_binding(name, group, [*_rules(TYPES), *named], NAMESPACE),
        *role_and_binding(name, group, [*_rules(CLUSTER_TYPES), roles]),
    ]


def _rules(types: Sequence[str]) -> list[dict[str, Any]]:
    by_group: dict[str, list[str]] = {}
    for each in types:
        *group, _, plural = each.split("/")
        by_group.setdefault(group[0] if group else "", []).append(plural)
    return [
        {"apiGroups": [group], "resources": plurals, "verbs": _VERBS} for group, plurals in by_group.items()
    ]


def fingerprint(inputs: Sequence[str]) -> Mapping[str, Any]:
    """Properties that change with the inputs and are shorter: their tokens, and a digest of the rest."""
    tokens: dict[str, str] = {}

    def mark(found: re.Match[str]) -> str:
        # A token's own spelling differs from synthesis to synthesis.
        return tokens.setdefault(found[0], f"<{len(tokens)}>")

    texts = [_TOKEN.sub(mark, text) for text in inputs]
    digest = hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:12]
    return {"Values": digest, "References": list(tokens)}

"""The kinds that checks read. Those with thousands of objects keep only what some check looks at."""

from __future__ import annotations

from typing import Final

from .readings import Logs, Metrics, Objects

KUBE_SYSTEM: Final = "kube-system"

_META: Final = ("metadata.name", "metadata.namespace", "metadata.uid", "metadata.creationTimestamp")
_OWNED: Final = (*_META, "metadata.labels", "metadata.ownerReferences", "metadata.deletionTimestamp")

#: Statuses also repeat resources and mounts, and have long ids:
#: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus
_CONTAINER: Final = ("name", "ready", "restartCount", "image", "state", "lastState")
_CONDITION: Final = ("type", "status", "reason", "message", "lastTransitionTime")


def _each(path: str, *fields: str) -> tuple[str, ...]:
    return tuple(f"{path}[].{each}" for each in fields)


NODES: Final = Objects(
    "Node",
    "nodes",
    keep=(
        *_META,
        "metadata.labels",
        "metadata.annotations",
        "metadata.deletionTimestamp",
        "spec",
        "status.addresses",
        "status.allocatable",
        "status.capacity",
        "status.conditions",
        "status.nodeInfo",
    ),
)
PODS: Final = Objects(
    "Pod",
    "pods",
    keep=(
        *_OWNED,
        "spec.nodeName",
        "spec.hostNetwork",
        "spec.terminationGracePeriodSeconds",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.startTime",
        *_each("status.conditions", *_CONDITION),
        *_each("status.containerStatuses", *_CONTAINER),
        *_each("status.initContainerStatuses", *_CONTAINER),
    ),
)
NAMESPACES: Final = Objects("Namespace", "namespaces")
SERVICES: Final = Objects("Service", "services")
KUBE_SYSTEM_CONFIG_MAPS: Final = Objects("ConfigMap", "configmaps", namespace=KUBE_SYSTEM)
KUBE_SYSTEM_SERVICE_ACCOUNTS: Final = Objects("ServiceAccount", "serviceaccounts", namespace=KUBE_SYSTEM)
DAEMON_SETS: Final = Objects("DaemonSet", "daemonsets", "apps")
DEPLOYMENTS: Final = Objects("Deployment", "deployments", "apps")
EVENTS: Final = Objects(
    "Event",
    "events",
    keep=(
        *_META,
        "type",
        "reason",
        "message",
        "count",
        "involvedObject",
        "lastTimestamp",
        "eventTime",
        "series",
    ),
)
KUBE_SYSTEM_LEASES: Final = Objects("Lease", "leases", "coordination.k8s.io", namespace=KUBE_SYSTEM)
# https://karpenter.sh/docs/concepts/nodepools/
NODE_POOLS: Final = Objects("NodePool", "nodepools", "karpenter.sh")
CUSTOM_TYPES: Final = Objects(
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "apiextensions.k8s.io",
    keep=(*_META, "metadata.labels", "metadata.annotations", "spec.group", "spec.names", "status"),
)
VALIDATING_WEBHOOKS: Final = Objects(
    "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "admissionregistration.k8s.io"
)
MUTATING_WEBHOOKS: Final = Objects(
    "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "admissionregistration.k8s.io"
)
BUDGETS: Final = Objects(
    "PodDisruptionBudget",
    "poddisruptionbudgets",
    "policy",
    keep=(
        *_META,
        "status.disruptionsAllowed",
        "status.currentHealthy",
        "status.expectedPods",
    ),
)
NETWORK_POLICIES: Final = Objects("NetworkPolicy", "networkpolicies", "networking.k8s.io")
KUBE_SYSTEM_CRON_JOBS: Final = Objects("CronJob", "cronjobs", "batch", namespace=KUBE_SYSTEM)

# https://network-policy-api.sigs.k8s.io/
ADMIN_POLICIES: Final = Objects(
    "AdminNetworkPolicy", "adminnetworkpolicies", "policy.networking.k8s.io", "v1alpha1", keep=_META
)
BASELINE_POLICIES: Final = Objects(
    "BaselineAdminNetworkPolicy",
    "baselineadminnetworkpolicies",
    "policy.networking.k8s.io",
    "v1alpha1",
    keep=_META,
)
CLUSTER_POLICIES: Final = Objects(
    "ClusterNetworkPolicy", "clusternetworkpolicies", "policy.networking.k8s.io", "v1alpha2", keep=_META
)

# What belongs to aws-node: charts/aws-vpc-cni/crds of https://github.com/aws/amazon-vpc-cni-k8s, and
# config/crd/bases of https://github.com/aws/amazon-vpc-resource-controller-k8s.
POLICY_ENDPOINTS: Final = Objects(
    "PolicyEndpoint", "policyendpoints", "networking.k8s.aws", "v1alpha1", keep=_META
)
ENI_CONFIGS: Final = Objects("ENIConfig", "eniconfigs", "crd.k8s.amazonaws.com", "v1alpha1", keep=_META)
POD_SECURITY_GROUPS: Final = Objects(
    "SecurityGroupPolicy", "securitygrouppolicies", "vpcresources.k8s.aws", "v1beta1", keep=_META
)

# https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.Certificate
KUBE_SYSTEM_CERTIFICATES: Final = Objects(
    "Certificate", "certificates", "cert-manager.io", namespace=KUBE_SYSTEM
)

# https://docs.cilium.io/en/stable/network/kubernetes/concepts/ and the CRDs of the release.
CILIUM_NODES: Final = Objects("CiliumNode", "ciliumnodes", "cilium.io", "v2")
CILIUM_ENDPOINTS: Final = Objects(
    "CiliumEndpoint",
    "ciliumendpoints",
    "cilium.io",
    "v2",
    keep=(*_META, "status.identity.id", "status.networking", "status.state", "status.policy"),
)
CILIUM_IDENTITIES: Final = Objects(
    "CiliumIdentity", "ciliumidentities", "cilium.io", "v2", keep=(*_META, "security-labels")
)
CILIUM_POLICIES: Final = Objects("CiliumNetworkPolicy", "ciliumnetworkpolicies", "cilium.io", "v2")
CILIUM_CLUSTERWIDE_POLICIES: Final = Objects(
    "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", "cilium.io", "v2"
)

AGENT_METRICS: Final = Metrics(KUBE_SYSTEM, "k8s-app=cilium", 9962)
RELAY_LOGS: Final = Logs(KUBE_SYSTEM, "k8s-app=hubble-relay", "hubble-relay", lines=200, pods=2)
# https://docs.cilium.io/en/stable/configuration/per-node-config/
CILIUM_NODE_CONFIGS: Final = Objects("CiliumNodeConfig", "ciliumnodeconfigs", "cilium.io", "v2")

# belief: CILIUM-operator-log-texts, CILIUM-operator-metrics
# The label, the container and the port of the chart's Deployment: templates/cilium-operator/deployment.yaml.
OPERATOR_LOGS: Final = Logs(KUBE_SYSTEM, "io.cilium/app=operator", "cilium-operator")
OPERATOR_METRICS: Final = Metrics(KUBE_SYSTEM, "io.cilium/app=operator", 9963)

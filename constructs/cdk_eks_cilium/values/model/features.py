"""What Cilium does, under names that Python and the settings share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from cdk_eks_cilium.versions import behaviour

from .addresses import Eni, Ipam
from .closed import Closed, ShortForm
from .datapath import BandwidthManager, IngressController
from .encryption import Encryption
from .hubble import Hubble
from .marks import KNOWN, Chart, Owns, Since, section_if_on
from .pods import Agent, Envoy, Operator, Prometheus

__all__ = ["Features"]


class Features(Closed):
    """The typed values that a settings file has under the same names."""

    masquerade: Annotated[Literal["iptables", "ebpf"], Since(KNOWN)] = Field(
        default="iptables",
        description="What translates addresses for egress 'node': 'iptables' by netfilter, or 'ebpf' by "
        "Cilium's own program, which needs kube_proxy_replacement.",
    )
    eni: Eni = Field(default_factory=Eni, description="The network interfaces that pods live on.")
    ipam: Ipam = Field(
        default_factory=Ipam, description="How many addresses a node keeps in stock. Cilium's own defaults."
    )
    hubble: Hubble = Field(default_factory=Hubble, description="Observation of flows.")
    kube_proxy_replacement: Annotated[
        StrictBool,
        Owns("kubeProxyReplacement k8sServiceHost k8sServicePort", "whether kube-proxy runs follows from it"),
    ] = Field(default=False, description="Let Cilium do what kube-proxy does.")
    host_routing: Annotated[
        Literal["ebpf", "legacy"] | None,
        Since(KNOWN),
        Chart(
            "bpf.hostLegacyRouting",
            to=lambda routing: routing == "legacy",
            back=lambda legacy: "legacy" if legacy else "ebpf",
        ),
    ] = Field(
        default=None,
        description="Whether packets between pods and network skip the node's own network stack. By default "
        "they do where that works: with kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf'.",
    )
    encryption: Annotated[Encryption, ShortForm("type")] | None = Field(
        default=None, description="Encryption between nodes. Off by default."
    )
    bandwidth_manager: Annotated[
        BandwidthManager | None,
        Since(KNOWN),
        Chart("bandwidthManager.enabled", to=bool, back=section_if_on),
    ] = Field(default=None, description="Rate limits of pods. Off by default.")
    host_firewall: Annotated[StrictBool, Since(KNOWN), Chart("hostFirewall.enabled")] = Field(
        default=False, description="Enforce policies for nodes, with CiliumClusterwideNetworkPolicies."
    )
    map_size_ratio: Annotated[
        Annotated[StrictFloat, Field(gt=0, le=1)] | None,
        Chart("bpf.mapDynamicSizeRatio", owned=False),
    ] = Field(
        default=None,
        description="Share of a node's memory that sizes the eBPF maps of connections, translated addresses "
        "and policies. By default the chart's own, 0.0025.",
    )
    policy_enforcement: Annotated[
        Literal["default", "always", "never"],
        Since(KNOWN),
        Chart("policyEnforcementMode"),
    ] = Field(
        default="default",
        description="'default': a pod is isolated once a policy selects it. 'always': every pod is isolated. "
        "'never': policies do nothing.",
    )
    cluster_network_policies: Annotated[
        StrictBool,
        Since(behaviour.policy.CLUSTER_NETWORK_POLICIES),
        Chart("k8sClusterNetworkPolicy.enabled"),
    ] = Field(
        default=False,
        description="Enforce ClusterNetworkPolicies of Kubernetes, which come before and after the policies "
        "of namespaces. Their CRD must be in the cluster: no chart of Cilium installs it.",
    )
    l7_proxy: Annotated[StrictBool, Since(KNOWN), Chart("l7Proxy")] = Field(
        default=True,
        description="Check HTTP and DNS requests. Without this, policies cannot name a domain or a path.",
    )
    envoy: Annotated[Envoy, Since(KNOWN)] = Field(default_factory=Envoy, description="The proxy of layer 7.")
    gateway_api: Annotated[StrictBool, Since(KNOWN), Chart("gatewayAPI.enabled")] = Field(
        default=False,
        description="Cilium as a controller of Gateway API. Needs its CRDs in the cluster beforehand, and "
        "kube_proxy_replacement.",
    )
    ingress_controller: Annotated[
        IngressController | None,
        Since(KNOWN),
        Chart("ingressController.enabled", to=bool, back=section_if_on),
    ] = Field(
        default=None,
        description="Cilium as a controller of Ingress. Off by default. Needs kube_proxy_replacement.",
    )
    agent: Annotated[Agent, Since(KNOWN)] = Field(
        default_factory=Agent, description="The agent on each node."
    )
    operator: Operator = Field(default_factory=Operator, description="cilium-operator.")
    prometheus: Annotated[Prometheus, Since(KNOWN)] = Field(
        default_factory=Prometheus, description="Metrics that Cilium's own parts serve."
    )
    cluster_id: Annotated[StrictInt, Field(ge=0, le=511), Chart("cluster.id")] = Field(
        default=0,
        description="Number of the cluster in a ClusterMesh. 0: not in a mesh.",
    )
    existing_crds: tuple[
        Literal[
            "cert-manager.io",
            "gateway.networking.k8s.io",
            "monitoring.coreos.com",
            "policy.networking.k8s.io",
        ],
        ...,
    ] = Field(
        default=(),
        # A settings file has lists.
        strict=False,
        description="API groups whose CRDs are in the cluster before this deployment: "
        "'monitoring.coreos.com' for ServiceMonitors in overrides, 'cert-manager.io' for its certificates. "
        "Empty for a cluster that is yet to be made: Helm fails on objects of kinds that the cluster lacks.",
    )
    node_init: Annotated[
        StrictBool,
        Chart(
            "nodeinit.enabled",
            "agents remove the rules of aws-node themselves, and on images without a shell node-init blocks "
            "the agents",
            "remove it, or use profile 'article'",
        ),
    ] = Field(
        default=False,
        description="Prepare nodes by a DaemonSet that runs a script on them. Agents below Cilium "
        f"{behaviour.datapath.AGENTS_REMOVE_AWS_RULES.since} need it. Not for Bottlerocket, which lacks a "
        "shell.",
    )

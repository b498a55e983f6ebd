"""What can be said about a Cilium installation, independent of the chart's version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, field_validator

from .addresses import Eni, Ipam
from .closed import Closed, ShortForm, refusal
from .datapath import BandwidthManager, Egress, IngressController
from .encryption import Encryption
from .hubble import Hubble
from .pods import Agent, Envoy, Operator, Prometheus

Profile = Literal["standard", "article"]


class CiliumValues(Closed):
    """What Cilium shall do; `helm_values` writes it for one chart version.

    The keys of Cilium's chart change their names, their types and even their meaning from minor to minor, and
    the chart ignores a key it does not know. This model is closed instead: an unknown name is an error, and
    what a version does not have is refused by `problems`.
    """

    egress: Egress = Field(
        default_factory=Egress.node, description="How pods leave the VPC: with the node's address or theirs."
    )
    masquerade: Literal["iptables", "ebpf"] = Field(
        default="iptables",
        description="What translates addresses for egress 'node': netfilter, or Cilium's own eBPF program, "
        "which needs kube_proxy_replacement.",
    )
    eni: Eni = Field(default_factory=Eni, description="The network interfaces that pods live on.")
    ipam: Ipam = Field(
        default_factory=Ipam, description="How many addresses a node keeps in stock. Cilium's own defaults."
    )
    hubble: Hubble = Field(default_factory=Hubble, description="Observation of flows.")
    kube_proxy_replacement: StrictBool = Field(
        default=False, description="Let Cilium do what kube-proxy does."
    )
    host_routing: Literal["ebpf", "legacy"] | None = Field(
        default=None,
        description="Whether packets between pods and network skip the node's own stack. By default they do "
        "wherever that works: kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf'.",
    )
    encryption: Annotated[Encryption, ShortForm("type")] | None = Field(
        default=None, description="Encryption between nodes. By default there is none."
    )
    bandwidth_manager: BandwidthManager | None = Field(
        default=None, description="Rate limits of pods. By default there are none."
    )
    host_firewall: StrictBool = Field(
        default=False, description="Enforce policies for nodes, with CiliumClusterwideNetworkPolicies."
    )
    policy_enforcement: Literal["default", "always", "never"] = Field(
        default="default",
        description="'default': a pod is isolated once a policy selects it. 'always': every pod is. 'never': "
        "policies do nothing.",
    )
    l7_proxy: StrictBool = Field(
        default=True,
        description="Judge HTTP and DNS. Without it no policy can name a domain or a path.",
    )
    envoy: Envoy = Field(default_factory=Envoy, description="The proxy of layer 7.")
    gateway_api: StrictBool = Field(
        default=False,
        description="Cilium as a controller of Gateway API, whose CRDs must be in the cluster before. Needs "
        "kube_proxy_replacement.",
    )
    ingress_controller: IngressController | None = Field(
        default=None,
        description="Cilium as a controller of Ingress. By default it is none. Needs kube_proxy_replacement.",
    )
    agent: Agent = Field(default_factory=Agent, description="The agent on each node.")
    operator: Operator = Field(default_factory=Operator, description="cilium-operator.")
    prometheus: Prometheus = Field(
        default_factory=Prometheus, description="Metrics that Cilium's own parts serve."
    )
    cluster_id: Annotated[StrictInt, Field(ge=0, le=511)] = Field(
        default=0,
        description="Number of the cluster in a ClusterMesh. 0: in none.",
    )
    node_init: StrictBool = Field(
        default=False,
        description="Prepare nodes by a DaemonSet that runs a script on them, which agents below Cilium "
        "1.13.2 need. Not for Bottlerocket, which has no shell.",
    )
    profile: Profile = Field(
        default="standard",
        description="'article' installs exactly the values of the article this project began with, and fits "
        "Cilium 1.12 only; everything else stays at its default then.",
    )
    image_registry: str | None = Field(
        default=None,
        description="Registry, with a path if it has one, that every image comes from, at the path it has "
        "elsewhere: REGISTRY/cilium/cilium. By default the chart's own, on the internet.",
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
                "overrides",
                "must hold only what JSON can: mappings with text keys, lists, text, numbers, booleans, null",
                "write plain values; CDK tokens go in as text",
            )
        return plain

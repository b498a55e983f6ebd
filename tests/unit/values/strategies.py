"""Hypothesis strategies: any model that a version takes, and any references."""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import Any

from hypothesis import strategies as st

from cdk_eks_cilium.values import (
    Agent,
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Envoy,
    FlowExport,
    Hubble,
    HubbleTls,
    IngressController,
    Ipam,
    Issuer,
    Operator,
    Prometheus,
    References,
    Resources,
    Toleration,
)
from cdk_eks_cilium.versions import CiliumVersion

# One text at once: `st.from_regex` draws each character, and took most of the time of these tests.
_hex = "0123456789abcdef"
_letters = st.sampled_from(ascii_lowercase)
_names = _letters | st.builds(
    "{}{}{}".format,
    _letters,
    st.text(ascii_lowercase + digits + "-", max_size=30),
    st.sampled_from(ascii_lowercase + digits),
)
_tags = st.dictionaries(st.sampled_from(["team", "pool", "cost-center"]), _names, max_size=2)
_groups = st.lists(st.text(_hex, min_size=8, max_size=8).map("sg-{}".format), max_size=5, unique=True).map(
    tuple
)
_count = st.none() | st.integers(1, 200)
_quantities = st.fixed_dictionaries(
    {}, optional={"cpu": st.sampled_from(["100m", "1", "0.5"]), "memory": st.sampled_from(["128Mi", "1Gi"])}
)
_resources = st.none() | st.builds(Resources, requests=_quantities, limits=_quantities)
_effects = st.sampled_from([None, "NoSchedule", "PreferNoSchedule", "NoExecute"])
_tolerations = st.lists(
    st.builds(Toleration, key=st.none() | _names, effect=_effects)
    | st.builds(Toleration, key=_names, operator=st.just("Equal"), value=_names, effect=_effects),
    max_size=2,
).map(tuple)
_priorities = st.sampled_from([None, "system-node-critical"])
_exports = st.builds(
    FlowExport,
    max_size_mb=st.integers(1, 100),
    max_backups=st.integers(0, 9),
    compress=st.booleans(),
    field_mask=st.sampled_from([(), ("time", "verdict")]),
    deny=st.sampled_from([(), ('{"source_pod":["kube-system/"]}',)]),
)
_metrics = st.lists(
    st.sampled_from(["dns:query;ignoreAAAA", "drop", "tcp", "flow", "icmp", "httpV2", "port-distribution"]),
    max_size=4,
    unique=True,
).map(tuple)

references = st.builds(
    References,
    cluster_name=_names.filter(lambda name: name != "default"),
    operator_role_arn=st.sampled_from([None, "arn:aws:iam::123456789012:role/r"]),
    subnet_ids=st.lists(
        st.text(_hex, min_size=17, max_size=17).map("subnet-{}".format), min_size=1, max_size=6, unique=True
    ).map(tuple),
    api_server_host=st.just("ABC.gr7.eu-west-1.eks.amazonaws.com"),
)


def _base(draw: st.DrawFn, version: CiliumVersion) -> dict[str, Any]:
    """Arguments that every chart takes."""
    prefixes = draw(st.booleans())
    few = draw(_count)
    methods = (
        ["helm", None] if version.at_least("1.14") and not version.at_least("1.19") else ["cronJob", None]
    )
    method = draw(st.sampled_from(methods))
    # The job that renews them runs every four months.
    by_job = method == "cronJob" or (method is None and version.at_least("1.19"))
    relay = draw(st.booleans())
    return {
        "egress": draw(
            st.just(Egress.pod()) | st.sampled_from(["eth0", "ens5", "ens34", "enp39s0"]).map(Egress.node)
        ),
        "eni": Eni(
            prefix_delegation=prefixes,
            first_interface_index=draw(st.integers(1, 14)),
            release_excess_ips=draw(st.booleans()),
            tags=draw(_tags),
            security_group_ids=draw(_groups),
            use_primary_address=not prefixes and draw(st.booleans()),
        ),
        "ipam": Ipam(min_allocate=few, pre_allocate=draw(_count)),
        "hubble": Hubble(
            relay=relay,
            ui=relay and draw(st.booleans()),
            tls=HubbleTls(method=method, validity_days=draw(st.integers(124 if by_job else 1, 3650))),
        ),
        "kube_proxy_replacement": draw(st.booleans()),
        # Agents before 1.14 refuse WireGuard beside the proxy.
        "encryption": draw(st.sampled_from([None, Encryption()])) if version.at_least("1.14") else None,
        "operator": Operator(replicas=draw(st.integers(1, 5))),
        "cluster_id": draw(st.integers(0, 127) | st.integers(256, 383))
        if version.at_least("1.15")
        else draw(st.integers(0, 127)),
        "node_init": not version.at_least("1.13.2") and draw(st.booleans()),
    }


def _rest(draw: st.DrawFn, version: CiliumVersion, base: dict[str, Any]) -> dict[str, Any]:
    """Further arguments, which only maintained charts take."""
    replaced, node = base["kube_proxy_replacement"], base["egress"].kind == "node"
    ebpf = replaced and node and draw(st.booleans())
    routed = replaced and (ebpf or not node)
    ipsec = draw(st.booleans())
    proxied = replaced and draw(st.booleans())
    issuer = draw(st.booleans())
    hubble: Hubble = base["hubble"]
    l7_proxy = proxied or draw(st.booleans())
    own_envoys = l7_proxy and draw(st.booleans())
    return base | {
        "masquerade": "ebpf" if ebpf else "iptables",
        "host_routing": draw(st.sampled_from([None, "legacy", *(["ebpf"] if routed else [])])),
        "encryption": Encryption.ipsec(draw(_names))
        if ipsec
        else draw(st.none() | st.booleans().map(lambda node: Encryption.wireguard(node_encryption=node))),
        "bandwidth_manager": None if ipsec else draw(st.sampled_from([None, BandwidthManager()])),
        "host_firewall": not ipsec and draw(st.booleans()),
        "policy_enforcement": draw(st.sampled_from(["default", "always", "never"])),
        "cluster_network_policies": version.at_least("1.20") and draw(st.booleans()),
        "l7_proxy": l7_proxy,
        "gateway_api": proxied and draw(st.booleans()),
        "ingress_controller": draw(st.none() | st.builds(IngressController, default=st.booleans()))
        if proxied
        else None,
        "ipam": Ipam(
            pre_allocate=base["ipam"].pre_allocate,
            max_allocate=draw(_count) if version.at_least("1.19") else None,
            static_ip_tags=draw(_tags),
        ),
        "hubble": hubble.model_copy(
            update={
                "metrics": draw(_metrics),
                "export": draw(st.none() | _exports),
                "tolerations": draw(_tolerations) if hubble.relay else (),
                "tls": HubbleTls(method="certmanager", issuer=Issuer(name="ca")) if issuer else hubble.tls,
            }
        ),
        "agent": draw(st.builds(Agent, resources=_resources, priority_class=_priorities)),
        "operator": base["operator"].model_copy(
            update={"resources": draw(_resources), "tolerations": draw(_tolerations)}
        ),
        "envoy": Envoy(daemon_set=own_envoys, resources=draw(_resources) if own_envoys else None),
        "prometheus": draw(
            st.builds(Prometheus, agent=st.booleans(), operator=st.booleans(), envoy=st.booleans())
        ),
    }


@st.composite
def models(draw: st.DrawFn, version: CiliumVersion) -> CiliumValues:
    """Any typed values that *version* takes, without overrides."""
    chosen = _base(draw, version)
    if version.at_least("1.18"):
        chosen = _rest(draw, version, chosen)
    return CiliumValues(**chosen)

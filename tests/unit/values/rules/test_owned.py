from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, notes
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS
from cdk_eks_cilium.values.rules.owned import OWNED, owned, repeated
from cdk_eks_cilium.values.rules.owned import owned_problems as all_owned_problems
from cdk_eks_cilium.versions import CiliumVersion

NEWEST = CiliumVersion.V1_20
EVERY = owned(NEWEST)
#: The typed fields that not every version has, with the chart values that they answer for.
LATER = [
    (tuple(key.split(".")), field.known.since)
    for field in TYPED_FIELDS
    for mark in field.owned
    for key in mark.keys.split()
    if field.known
]


def owned_problems(overrides: dict[str, Any], where: str) -> list[Any]:
    return all_owned_problems(CiliumValues(overrides=overrides), where, NEWEST)


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return dict(value)


@pytest.mark.parametrize("path", EVERY, ids=".".join)
def test_an_owned_value_is_refused_with_reason_and_fix(path: tuple[str, ...]) -> None:
    (problem,) = owned_problems(nested(path, "mine"), "cilium.overrides")
    name = ".".join(path)
    assert str(problem) == (
        f"cilium.overrides.{name}: must not be set: {EVERY[path].reason}, got 'mine'; {EVERY[path].fix}"
    )
    assert EVERY[path].reason
    assert EVERY[path].fix


def test_no_value_is_owned_twice() -> None:
    typed = [key for field in TYPED_FIELDS for mark in field.owned for key in mark.keys.split()]
    keys = [*map(".".join, OWNED), *typed]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("path", "first"), LATER, ids=lambda part: ".".join(part))
def test_versions_without_the_typed_value_keep_the_raw_one(path: tuple[str, ...], first: str) -> None:
    below = CiliumVersion.newest_of(f"1.{int(first.split('.')[1]) - 1}")
    assert all_owned_problems(CiliumValues(overrides=nested(path, "mine")), "o", below) == []
    assert (
        len(
            all_owned_problems(
                CiliumValues(overrides=nested(path, "mine")), "o", CiliumVersion.newest_of(first)
            )
        )
        == 1
    )


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("l7Proxy", "use l7_proxy"),
        ("bandwidthManager.enabled", "use bandwidth_manager=BandwidthManager(...)"),
        ("bandwidthManager.bbr", "use bandwidth_manager=BandwidthManager(bbr=...)"),
        ("operator.tolerations", "use operator=Operator(tolerations=...)"),
        ("hubble.export.static.enabled", "use hubble=Hubble(export=FlowExport(...))"),
        ("hubble.tls.auto.certValidityDuration", "use hubble=Hubble(tls=HubbleTls(validity_days=...))"),
        ("encryption.type", "use encryption=Encryption.wireguard() or Encryption.ipsec()"),
    ],
)
def test_a_typed_value_is_named_as_it_is_called(path: str, fix: str) -> None:
    (problem,) = owned_problems(nested(tuple(path.split(".")), "mine"), "o")
    assert str(problem) == f"o.{path}: must not be set: it is a typed value, got 'mine'; {fix}"


def test_the_tunnel_of_old_charts_is_refused_in_words() -> None:
    (problem,) = owned_problems({"tunnel": "disabled"}, "cilium.overrides")
    assert str(problem) == (
        "cilium.overrides.tunnel: must not be set: pods have VPC addresses and are routed natively, "
        "got 'disabled'; remove it"
    )


def test_every_owned_value_is_reported_at_once() -> None:
    overrides = {"ipam": {"mode": "kubernetes"}, "cni": {"customConf": True}, "nodeinit": {"enabled": True}}
    assert sorted(problem.where for problem in owned_problems(overrides, "o")) == [
        "o.cni.customConf",
        "o.ipam.mode",
        "o.nodeinit.enabled",
    ]


@pytest.mark.parametrize("wiping", [None, "x", []])
def test_wiping_out_a_section_is_refused_once(wiping: Any) -> None:
    (problem,) = owned_problems({"eni": wiping}, "o")
    assert problem.where == "o.eni"
    assert "must be a mapping: anything else wipes out eni.enabled and more" in str(problem)


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (
            {"namespaceOverride": "cilium"},
            "o.namespaceOverride: must not be set: the operator's role trusts its ServiceAccount in "
            "kube-system alone, got 'cilium'; remove it",
        ),
        (
            {"agentNotReadyTaintKey": "x"},
            "o.agentNotReadyTaintKey: must not be set: the operator needs it to take off the taint that "
            "nodes start with, got 'x'; remove it",
        ),
        (
            {"operator": {"removeNodeTaints": False}},
            "o.operator.removeNodeTaints: must not be set: the operator needs it to take off the taint that "
            "nodes start with, got False; remove it",
        ),
        (
            {"operator": {"hostNetwork": False}},
            "o.operator.hostNetwork: must not be set: the operator gives nodes their pod addresses, so it "
            "must run without one, got False; remove it",
        ),
        (
            {"ipv4": {"enabled": False}},
            "o.ipv4.enabled: must not be set: pods have IPv4 addresses of the VPC, got False; remove it",
        ),
        (
            {"k8s": {"requireIPv4PodCIDR": True}},
            "o.k8s.requireIPv4PodCIDR: must not be set: agents would wait for pod CIDRs of nodes, which EKS "
            "does not assign, got True; remove it",
        ),
        (
            {"cni": {"confPath": "/etc/cni"}},
            "o.cni.confPath: must not be set: it is where the images of EKS look for a CNI, got '/etc/cni'; "
            "remove it",
        ),
        (
            {"sleepAfterInit": True},
            "o.sleepAfterInit: must not be set: nodes become ready by it, got True; remove it",
        ),
        (
            {"preflight": {"enabled": True}},
            "o.preflight.enabled: must not be set: the chart then installs its check in place of Cilium, "
            "got True; install the check as a release of its own",
        ),
        (
            {"aksbyocni": {"enabled": True}},
            "o.aksbyocni.enabled: must not be set: addresses come from EC2, got True; remove it",
        ),
    ],
)
def test_what_would_take_the_network_from_nodes_is_refused_in_words(
    overrides: dict[str, Any], text: str
) -> None:
    assert [str(problem) for problem in owned_problems(overrides, "o")] == [text]


def test_devices_are_the_library_s_where_it_writes_them() -> None:
    (problem,) = all_owned_problems(
        CiliumValues(masquerade="ebpf", overrides={"devices": "eth1"}), "o", NEWEST
    )
    assert str(problem) == (
        "o.devices: must not be set: with masquerade 'ebpf' it is the interface that pods leave by, "
        "got 'eth1'; use egress=Egress.node(...)"
    )
    assert owned_problems({"devices": "eth1"}, "o") == []


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"bpf": {"mapDynamicSizeRatio": 0.005}},
        {"eni": {"eniTags": {"team": "net"}, "gcInterval": "0s", "instanceTagsFilter": ["a=b"]}},
        {"eni": {"nodeSpec": {"excludeInterfaceTags": ["a=b"]}}},
        {"cni": {"exclusive": False}},
        {"podAnnotations": {"example.com/a": "b"}},
        {"operator": {"podLabels": {"a": "b"}}, "extraConfig": {"ipam-max-allocate": "50"}},
        {"ipv4NativeRoutingCIDR": "10.0.0.0/8"},
        {"devices": "eth+"},
        {"nodeSelector": {"kubernetes.io/os": "linux"}},
    ],
)
def test_everything_else_may_be_overridden(overrides: dict[str, Any]) -> None:
    assert owned_problems(overrides, "o") == []


@pytest.mark.parametrize(
    ("number", "overrides"),
    [
        ("1.18.12", {"ipam": {"mode": "eni"}}),
        ("1.18.12", {"routingMode": "native"}),
        ("1.19.6", {"ipam": {"mode": "eni"}, "routingMode": "native"}),
        ("1.13.18", {"tunnel": "disabled"}),
        ("1.19.6", {"agent": True, "ipv4": {"enabled": True}}),
        ("1.19.6", {"cni": {"chainingMode": "none"}}),
        ("1.19.6", {"eni": {"enabled": True, "awsEnablePrefixDelegation": True}}),
        ("1.19.6", {"kubeProxyReplacement": "false", "l7Proxy": True}),
    ],
)
def test_an_override_that_repeats_what_the_library_sets_passes(
    number: str, overrides: dict[str, Any]
) -> None:
    values, version = CiliumValues(overrides=overrides), CiliumVersion.of(number)
    assert all_owned_problems(values, "o", version) == []
    assert len(notes(values, version)) - len(notes(CiliumValues(), version)) == len(repeated(values, version))
    assert repeated(values, version)


@pytest.mark.parametrize(
    "overrides",
    [
        {"ipam": {"mode": "cluster-pool"}},
        {"tunnel": "disabled"},
        {"cluster": {"name": "platform"}},
        {"cluster": {"name": "<cluster>"}},
        {"operator": {"replicas": True}},
        {"ipam": None},
    ],
)
def test_an_override_that_differs_or_that_only_the_deployment_knows_is_refused(
    overrides: dict[str, Any],
) -> None:
    assert len(owned_problems(overrides, "o")) > 0


def test_a_repeated_override_is_told_in_a_note() -> None:
    values = CiliumValues(overrides={"ipam": {"mode": "eni"}})
    assert notes(values, CiliumVersion.V1_18)[-1] == (
        "overrides set ipam.mode to what the deployment sets anyway; it may be removed"
    )

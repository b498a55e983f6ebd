"""Checks the end state: the cluster after the creation, and leftovers after the destruction."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_eks_cilium.values.upgrade import path
from cdk_eks_cilium.versions import CiliumVersion, minors, version_problems
from rehearsal.aws import cilium_operator
from rehearsal.aws.account import Account, Cluster, NodeRecord
from rehearsal.aws.handler import Handler
from rehearsal.cloudformation.catalogue import handlers, traits
from rehearsal.cloudformation.state import Retained, StackState
from rehearsal.reachability.answers import Reachability
from rehearsal.reachability.table import faults, needs_in_short

_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class EndStateFinding:
    """One check of the end state.

    Attributes:
        check: What was checked.
        good: Whether it is as it should be.
        detail: The observation, or the fault.
        phase: After which phase it was judged, as `RehearsalReport.phases` names it; empty for what is
            judged of all phases together, and before a rehearsal says it.
    """

    check: str
    good: bool
    detail: str = ""
    phase: str = ""


@dataclass(frozen=True)
class Judged:
    """How IAM judged the calls of functions, of CDK's handlers and of Cilium's operator.

    Attributes:
        calls: How many calls it judged.
        roles: The names of the roles that made them.
        denials: What it denied, in words.
        unjudged: What it did not judge, and why.
    """

    calls: int = 0
    roles: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


def after_create(account: Account, stacks: Iterable[StackState]) -> list[EndStateFinding]:
    """Checks every cluster of the deployment."""
    releases = [
        resource.properties
        for state in stacks
        for resource in state.resources.values()
        if resource.type == "Custom::AWSCDK-EKS-HelmChart" and _is_cilium(resource.properties)
    ]
    findings = []
    for cluster in account.clusters.values():
        own = [properties for properties in releases if properties.get("ClusterName") == cluster.name]
        findings += _cluster(account, cluster, own)
    return findings


# belief: CILIUM-one-minor
def before_update(
    before: Iterable[Mapping[str, Mapping[str, Any]]], after: Iterable[Mapping[str, Mapping[str, Any]]]
) -> list[EndStateFinding]:
    """Checks the way of each release of Cilium: an update must not skip a minor, up or down.

    A release from a chart among the assets does not name its version, and is not checked.

    Args:
        before: The resources of each stack that runs.
        after: The resources of each stack that it is updated to.
    """
    old, new = _cilium_releases(before), _cilium_releases(after)
    order = minors()
    findings = []
    for name in old.keys() & new.keys():
        one, other = (CiliumVersion.of(each) for each in (old[name], new[name]))
        skipped = abs(order.index(one.minor) - order.index(other.minor)) > 1
        if one != other:
            way = " -> ".join(map(str, (one, *(stop for _, stop in path(one, other))))) if skipped else ""
            detail = f"{one} -> {other}" + (f" skips a minor: go {way}, one deploy each" if skipped else "")
            findings.append(EndStateFinding("Cilium goes one minor at a time", not skipped, detail))
    return findings


def _cilium_releases(stacks: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The version of each release of Cilium that names one, by logical id."""
    releases = {
        name: resource.get("Properties") or {}
        for resources in stacks
        for name, resource in resources.items()
        if resource["Type"] == "Custom::AWSCDK-EKS-HelmChart"
    }
    named = {name: each.get("Version") for name, each in releases.items() if _is_cilium(each)}
    return {
        name: version
        for name, version in named.items()
        if isinstance(version, str) and not any(version_problems("", version))
    }


def _is_cilium(release: Mapping[str, Any]) -> bool:
    """Whether a release is Cilium's; a release of a chart among the assets does not name its chart."""
    return bool(release.get("Chart", release.get("Release")) == "cilium")


def _cluster(
    account: Account, cluster: Cluster, releases: Sequence[Mapping[str, Any]]
) -> list[EndStateFinding]:
    old = [node for node in cluster.nodes.values() if node.before]
    new = [node for node in cluster.nodes.values() if not node.before]
    findings = [
        *([_old_nodes_ready(cluster, old)] if old else ()),
        *([_nodes_ready(cluster, new)] if new or not old else ()),
        _aws_node_where_it_belongs(cluster, old) if old else _aws_node_absent(cluster),
        *(_pod_interfaces(account, cluster, node) for node in new),
        *(_max_pods(account, cluster, node) for node in new),
        _addon(cluster, "coredns"),
        _service_proxy(cluster),
    ]
    for release in releases:
        findings += _hubble(cluster, json.loads(release.get("Values") or "{}"))
    return [EndStateFinding(f"{cluster.name}: {f.check}", f.good, f.detail) for f in findings]


def _old_nodes_ready(cluster: Cluster, nodes: Sequence[NodeRecord]) -> EndStateFinding:
    """Whether the nodes that were there before have aws-node alone."""
    wrong = []
    for node in nodes:
        state = cluster.kubernetes.node_state(node.name)
        if not state.ready or state.cni != "aws-node":
            wrong.append(f"{node.name}: {'; '.join(state.reasons) or f'has {state.cni}'}")
        if cluster.kubernetes.get("CiliumNode", node.name):
            wrong.append(f"{node.name}: an agent of Cilium runs beside aws-node")
    return EndStateFinding(
        "every old node is Ready by aws-node", not wrong, " | ".join(wrong) or f"{len(nodes)} nodes"
    )


def _aws_node_where_it_belongs(cluster: Cluster, old: Sequence[NodeRecord]) -> EndStateFinding:
    check = "aws-node runs on old nodes alone"
    found = cluster.kubernetes.get("DaemonSet", "aws-node", _NAMESPACE)
    runs = int(((found or {}).get("status") or {}).get("currentNumberScheduled", 0))
    return EndStateFinding(check, runs == len(old), f"on {runs} of {len(cluster.nodes)} nodes")


def _nodes_ready(cluster: Cluster, nodes: Sequence[NodeRecord]) -> EndStateFinding:
    check = "every node is Ready by Cilium"
    if not nodes:
        return EndStateFinding(check, False, "the cluster has no nodes")
    wrong = []
    for name in (node.name for node in nodes):
        state = cluster.kubernetes.node_state(name)
        if state.cni == "aws-node":
            wrong.append(
                f"{name}: aws-node ran on it before Cilium, so it never gets prefixes; remove it earlier"
            )
        elif not state.ready or state.cni != "cilium":
            wrong.append(f"{name}: {'; '.join(state.reasons) or 'not Ready'}")
    return EndStateFinding(check, not wrong, " | ".join(wrong) or f"{len(nodes)} nodes")


# belief: EKS-add-on-update-overwrites, EKS-aws-node-stays-gone
def _aws_node_absent(cluster: Cluster) -> EndStateFinding:
    """Whether aws-node is gone, or its selector matches no node (the `patch` strategy)."""
    check = "aws-node runs nowhere"
    found = cluster.kubernetes.get("DaemonSet", "aws-node", _NAMESPACE)
    if found and _runs_nowhere(cluster, found):
        return EndStateFinding(check, True, "the DaemonSet's node selector matches no node")
    if found:
        return EndStateFinding(check, False, "the DaemonSet kube-system/aws-node is there")
    # EKS overwrites what others changed when it updates an add-on
    # (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html).
    if "vpc-cni" in cluster.kubernetes.managed_addons:
        return EndStateFinding(
            check,
            False,
            "EKS's add-on vpc-cni is installed, and its next update brings the DaemonSet back; "
            "remove the add-on",
        )
    return EndStateFinding(check, True, "the DaemonSet is absent")


def _runs_nowhere(cluster: Cluster, daemon_set: Mapping[str, Any]) -> bool:
    """Whether a DaemonSet's selector matches no node."""
    selector = daemon_set["spec"]["template"]["spec"].get("nodeSelector") or {}
    labels = [node["metadata"].get("labels") or {} for node in cluster.kubernetes.objects("Node", None)]
    return bool(selector) and not any(selector.items() <= own.items() for own in labels)


def _pod_interfaces(account: Account, cluster: Cluster, node: NodeRecord) -> EndStateFinding:
    check = f"pods of {node.name} live in a pod subnet"
    has_prefixes = cilium_operator.has_prefixes(cluster)
    if not node.interfaces:
        return EndStateFinding(check, False, node.problem or "Cilium attached no interface to it")
    problems, seen = [], []
    for interface in node.interfaces:
        (found,) = account.interfaces(network_interface_id=interface.interface_id)
        (subnet,) = account.client("ec2").describe_subnets(SubnetIds=[interface.subnet_id])["Subnets"]
        block = ipaddress.ip_network(subnet["CidrBlock"])
        index = found["Attachment"]["DeviceIndex"]
        if index < 1:
            problems.append(f"{interface.interface_id} has device index {index}")
        if ipaddress.ip_address(found["PrivateIpAddress"]) not in block:
            problems.append(f"{found['PrivateIpAddress']} is outside {block}")
        if has_prefixes and not interface.prefixes:
            problems.append(f"{interface.interface_id} has no prefix")
        seen.append(
            f"{interface.interface_id} index {index} in {block} {' '.join(interface.prefixes)}".strip()
        )
    return EndStateFinding(check, not problems, " | ".join(problems or seen))


# belief: CILIUM-agent-takes-two
def _max_pods(account: Account, cluster: Cluster, node: NodeRecord) -> EndStateFinding:
    """Whether every pod that the kubelet takes can have an address.

    The agent shares the node's address, and takes two addresses of pods for its router and its health check.
    """
    addresses = cilium_operator.most_addresses(account, cluster, node)
    found = cluster.kubernetes.get("Node", node.name, None)
    actual = int(((found or {}).get("status") or {}).get("allocatable", {}).get("pods", 0))
    return EndStateFinding(
        f"every pod of {node.name} finds an address",
        actual <= max(0, addresses - 2) + 1,
        f"its kubelet takes {actual} pods, and Cilium has {addresses} addresses for it",
    )


def _addon(cluster: Cluster, name: str) -> EndStateFinding:
    active, reason = cluster.kubernetes.addon_state(name)
    return EndStateFinding(f"{name} runs", active, reason)


# belief: CILIUM-kube-proxy-beside
def _service_proxy(cluster: Cluster) -> EndStateFinding:
    """kube-proxy, or Cilium in its place."""
    config = cluster.kubernetes.get("ConfigMap", "cilium-config", _NAMESPACE)
    value = str(((config or {}).get("data") or {}).get("kube-proxy-replacement", "false"))
    if value in ("true", "strict"):
        found = cluster.kubernetes.get("DaemonSet", "kube-proxy", _NAMESPACE)
        managed = "kube-proxy" in cluster.kubernetes.managed_addons
        if managed and not (found and _runs_nowhere(cluster, found)):
            detail = "EKS's add-on kube-proxy runs beside Cilium, which replaces it; remove the add-on"
            return EndStateFinding("services have one proxy", False, detail)
        return EndStateFinding("services have a proxy", True, "Cilium replaces kube-proxy")
    active, reason = cluster.kubernetes.addon_state("kube-proxy")
    return EndStateFinding("services have a proxy", active, reason or "kube-proxy")


def _hubble(cluster: Cluster, values: Mapping[str, Any]) -> list[EndStateFinding]:
    hubble = values.get("hubble") or {}
    findings = []
    for part in ("relay", "ui"):
        if (hubble.get(part) or {}).get("enabled"):
            name = f"hubble-{part}"
            found = cluster.kubernetes.get("Deployment", name, _NAMESPACE)
            findings.append(EndStateFinding(f"{name} is deployed", bool(found)))
    return findings


def after_asking(clusters: Iterable[Reachability]) -> list[EndStateFinding]:
    """Whether each cluster reaches what it needs: a finding for each need that is cut, or one for all."""
    findings = []
    for each in clusters:
        cut = [EndStateFinding(f"{each.cluster}: {what}", False, why) for what, why in faults(each)]
        check = f"{each.cluster}: the network lets through what the cluster needs"
        findings += cut or [EndStateFinding(check, True, needs_in_short(each))]
    return findings


def after_calls(account: Account) -> EndStateFinding:
    """Whether IAM allowed every call of functions and of the operator, from creation to destruction."""
    access = account.access
    roles = {call.caller.role for call in access.calls}
    detail = f"{len(access.calls)} calls by {len(roles)} roles"
    denied = " | ".join(map(str, access.denials))
    return EndStateFinding("IAM allows every call", not access.denials, denied or detail)


def judged(account: Account) -> Judged:
    """How IAM judged all calls."""
    access = account.access
    return Judged(
        len(access.calls),
        tuple(sorted({call.caller.role for call in access.calls})),
        tuple(map(str, access.denials)),
        tuple(sorted(access.unjudged)),
    )


# ---------------------------------------------------------------------------- after the destruction


def after_destroy(account: Account, retained: Iterable[Retained] = ()) -> list[EndStateFinding]:
    """Lists what is left in the account. Resources that AWS deletes later by itself are listed as good.

    Args:
        account: The account.
        retained: Resources that policies kept; those inside a cluster were deleted with the cluster.
    """
    every = [leftover for handler in _each_handler() for leftover in handler.leftovers(account)]
    left = [leftover.what for leftover in every if not leftover.pending]
    pending = [leftover.what for leftover in every if leftover.pending]
    findings = [EndStateFinding("nothing is left", not left, ", ".join(left) or "the account is as before")]
    kept = [str(each) for each in retained if account.clusters or not traits(each.type).in_cluster]
    if kept:
        findings.append(EndStateFinding("no policy retains anything", False, ", ".join(kept)))
    if pending:
        findings.append(EndStateFinding("pending deletion", True, ", ".join(pending)))
    return findings


def _each_handler() -> Iterable[Handler]:
    """Every handler once, also if it has several types."""
    return {id(handler): handler for handler in handlers().values()}.values()

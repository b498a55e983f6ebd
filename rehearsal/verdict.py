"""Looks at the end state: after the creation what must be there, after the destruction what must not."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal import cilium_operator
from rehearsal.stack_state import StackState
from rehearsal.world import Cluster, NodeRecord, World

_NAMESPACE = "kube-system"
_IN_CLUSTER = ("Custom::AWSCDK-EKS-KubernetesResource ", "Custom::CiliumPolicySet ")


@dataclass(frozen=True)
class Finding:
    """One check of the end state; `detail` says what was seen, or what is wrong."""

    check: str
    good: bool
    detail: str = ""


def after_create(world: World, stacks: Iterable[StackState]) -> list[Finding]:
    """Checks every cluster of the deployment."""
    releases = [
        resource.properties
        for state in stacks
        for resource in state.resources.values()
        if resource.type == "Custom::AWSCDK-EKS-HelmChart" and _is_cilium(resource.properties)
    ]
    findings = []
    for cluster in world.clusters.values():
        own = [properties for properties in releases if properties.get("ClusterName") == cluster.name]
        findings += _cluster(world, cluster, own)
    return findings


def _is_cilium(release: Mapping[str, Any]) -> bool:
    """Whether a release is Cilium's; one of a chart among the assets does not name its chart."""
    return bool(release.get("Chart", release.get("Release")) == "cilium")


def _cluster(world: World, cluster: Cluster, releases: Sequence[Mapping[str, Any]]) -> list[Finding]:
    findings = [
        _nodes_ready(cluster),
        _aws_node_absent(cluster),
        *(_pod_interfaces(world, cluster, node) for node in cluster.nodes.values()),
        *(_max_pods(cluster, node) for node in cluster.nodes.values()),
        _addon(cluster, "coredns"),
        _service_proxy(cluster),
    ]
    for release in releases:
        findings += _hubble(cluster, json.loads(release.get("Values") or "{}"))
    return [Finding(f"{cluster.name}: {f.check}", f.good, f.detail) for f in findings]


def _nodes_ready(cluster: Cluster) -> Finding:
    check = "every node is Ready by Cilium"
    if not cluster.nodes:
        return Finding(check, False, "the cluster has no nodes")
    wrong = []
    for name in cluster.nodes:
        state = cluster.kubernetes.node_state(name)
        if state.cni == "aws-node":
            wrong.append(
                f"{name}: aws-node ran on it before Cilium, so it never gets prefixes; remove it earlier"
            )
        elif not state.ready or state.cni != "cilium":
            wrong.append(f"{name}: {'; '.join(state.reasons) or 'not Ready'}")
    return Finding(check, not wrong, " | ".join(wrong) or f"{len(cluster.nodes)} nodes")


def _aws_node_absent(cluster: Cluster) -> Finding:
    """Gone, or kept away from every node by a selector that none has (the `patch` strategy)."""
    check = "aws-node runs nowhere"
    found = cluster.kubernetes.get("DaemonSet", "aws-node", _NAMESPACE)
    if not found:
        return Finding(check, True, "the DaemonSet is absent")
    selector = found["spec"]["template"]["spec"].get("nodeSelector") or {}
    labels = [node["metadata"].get("labels") or {} for node in cluster.kubernetes.objects("Node", None)]
    if selector and not any(selector.items() <= own.items() for own in labels):
        return Finding(check, True, "the DaemonSet's node selector matches no node")
    return Finding(check, False, "the DaemonSet kube-system/aws-node is there")


def _pod_interfaces(world: World, cluster: Cluster, node: NodeRecord) -> Finding:
    check = f"pods of {node.name} live in a pod subnet"
    config = cilium_operator.configuration(cluster)
    if not node.interfaces:
        return Finding(check, False, node.problem or "Cilium attached no interface to it")
    problems, seen = [], []
    for interface in node.interfaces:
        (found,) = world.cloud.interfaces(network_interface_id=interface.interface_id)
        (subnet,) = world.cloud.client("ec2").describe_subnets(SubnetIds=[interface.subnet_id])["Subnets"]
        block = ipaddress.ip_network(subnet["CidrBlock"])
        index = found["Attachment"]["DeviceIndex"]
        if index < 1:
            problems.append(f"{interface.interface_id} has device index {index}")
        if ipaddress.ip_address(found["PrivateIpAddress"]) not in block:
            problems.append(f"{found['PrivateIpAddress']} is outside {block}")
        if config.prefixes and not interface.prefixes:
            problems.append(f"{interface.interface_id} has no prefix")
        seen.append(
            f"{interface.interface_id} index {index} in {block} {' '.join(interface.prefixes)}".strip()
        )
    return Finding(check, not problems, " | ".join(problems or seen))


def _max_pods(cluster: Cluster, node: NodeRecord) -> Finding:
    planned = cluster.planned_max_pods[node.group]
    found = cluster.kubernetes.get("Node", node.name, None)
    actual = int(((found or {}).get("status") or {}).get("allocatable", {}).get("pods", 0))
    return Finding(
        f"max pods of {node.name} are as planned", actual == planned, f"{actual}, planned {planned}"
    )


def _addon(cluster: Cluster, name: str) -> Finding:
    active, reason = cluster.kubernetes.addon_state(name)
    return Finding(f"{name} runs", active, reason)


def _service_proxy(cluster: Cluster) -> Finding:
    """kube-proxy, or Cilium in its place."""
    config = cluster.kubernetes.get("ConfigMap", "cilium-config", _NAMESPACE)
    value = str(((config or {}).get("data") or {}).get("kube-proxy-replacement", "false"))
    if value in ("true", "strict"):
        return Finding("services have a proxy", True, "Cilium replaces kube-proxy")
    active, reason = cluster.kubernetes.addon_state("kube-proxy")
    return Finding("services have a proxy", active, reason or "kube-proxy")


def _hubble(cluster: Cluster, values: Mapping[str, Any]) -> list[Finding]:
    hubble = values.get("hubble") or {}
    findings = []
    for part in ("relay", "ui"):
        if (hubble.get(part) or {}).get("enabled"):
            name = f"hubble-{part}"
            found = cluster.kubernetes.get("Deployment", name, _NAMESPACE)
            findings.append(Finding(f"{name} is deployed", bool(found)))
    return findings


# ---------------------------------------------------------------------------- after the destruction


def after_destroy(world: World, retained: Iterable[str] = ()) -> list[Finding]:
    """Lists what is left in the account. Keys that are pending deletion are mentioned and fine."""
    left = [*_left_in_vpcs(world), *_left_elsewhere(world)]
    pending = _pending_keys(world)
    findings = [Finding("nothing is left", not left, ", ".join(left) or "the account is as before")]
    # What was retained inside a cluster went with the cluster.
    kept = [each for each in retained if world.clusters or not each.startswith(_IN_CLUSTER)]
    if kept:
        findings.append(Finding("no policy retains anything", False, ", ".join(kept)))
    if pending:
        findings.append(Finding("keys pending deletion", True, ", ".join(pending)))
    return findings


def _left_in_vpcs(world: World) -> list[str]:
    ec2, there = world.cloud.client("ec2"), world.existing
    vpcs = ec2.describe_vpcs()["Vpcs"]
    default = {vpc["VpcId"] for vpc in vpcs if vpc["IsDefault"]}
    left = [f"VPC {vpc['VpcId']}" for vpc in vpcs if vpc["VpcId"] not in default | there]
    for vpc in vpcs:
        blocks = [entry for entry in vpc["CidrBlockAssociationSet"] if entry["CidrBlock"] != vpc["CidrBlock"]]
        gone = ("disassociating", "disassociated")
        left += [
            f"block {b['CidrBlock']} of {vpc['VpcId']}"
            for b in blocks
            if b["CidrBlockState"]["State"] not in gone
        ]
    left += [
        f"subnet {subnet['SubnetId']}"
        for subnet in ec2.describe_subnets()["Subnets"]
        if subnet["VpcId"] not in default and subnet["SubnetId"] not in there
    ]
    left += [
        f"network interface {interface['NetworkInterfaceId']} ({interface['Status']})"
        for interface in world.cloud.interfaces()
        if interface["NetworkInterfaceId"] not in there
    ]
    left += [
        f"security group {group['GroupId']} ({group['GroupName']})"
        for group in ec2.describe_security_groups()["SecurityGroups"]
        if group["GroupName"] != "default" and group["GroupId"] not in there
    ]
    left += [f"elastic address {address['PublicIp']}" for address in ec2.describe_addresses()["Addresses"]]
    left += [
        f"NAT gateway {gateway['NatGatewayId']}"
        for gateway in ec2.describe_nat_gateways()["NatGateways"]
        if gateway["State"] != "deleted" and gateway["NatGatewayId"] not in there
    ]
    left += [
        f"launch template {template['LaunchTemplateName']}"
        for template in ec2.describe_launch_templates()["LaunchTemplates"]
    ]
    return left


def _left_elsewhere(world: World) -> list[str]:
    client = world.cloud.client
    iam = client("iam")
    left = []
    for group in client("logs").describe_log_groups()["logGroups"]:
        why = world.log_groups_of_lambda.get(group["logGroupName"])
        left.append(f"log group {group['logGroupName']}" + (f" ({why})" if why else ""))
    left += [f"role {role['RoleName']}" for role in iam.list_roles()["Roles"]]
    left += [f"policy {policy['PolicyName']}" for policy in iam.list_policies(Scope="Local")["Policies"]]
    left += [
        f"OIDC provider {provider['Arn']}"
        for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    ]
    left += [f"parameter {p['Name']}" for p in client("ssm").describe_parameters()["Parameters"]]
    buckets = {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}
    left += [f"bucket {name}" for name in sorted(buckets - world.bootstrap_buckets)]
    left += [f"cluster {name}" for name in client("eks").list_clusters()["clusters"]]
    left += [f"function {function.name}" for function in world.functions.values()]
    left += [f"key {key}" for key, state in _keys(world) if state != "PendingDeletion"]
    return left


def _pending_keys(world: World) -> list[str]:
    return [key for key, state in _keys(world) if state == "PendingDeletion"]


def _keys(world: World) -> list[tuple[str, str]]:
    """Keys of the account and their states, without those AWS manages."""
    kms = world.cloud.client("kms")
    found = []
    for entry in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
        if metadata.get("KeyManager") == "CUSTOMER":
            found.append((entry["KeyId"], str(metadata["KeyState"])))
    return found

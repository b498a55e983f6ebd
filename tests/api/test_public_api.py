"""What users build on: names, defaults, construct ids, and what an import costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import aws_cdk as cdk
import pytest

import cdk_eks_cilium as library
from app import build, context
from cdk_eks_cilium import (
    AccessGrant,
    AwsNodeOptions,
    Cilium,
    CiliumValues,
    CiliumVersion,
    Encryption,
    PodSubnets,
)
from cdk_eks_cilium.nodes import NodeGroupKeywords, NodeGroupProps
from cdk_eks_cilium.settings import load
from tests.small_apps import TEMPLATES_ONLY, Synthesized

PLAIN = (
    "values",
    "settings",
    "addressing",
    "nodes",
    "versions",
    "problems",
    "policy",
    "policy_analysis",
    "checks.app_templates",
    "checks.joined_templates",
    "checks.rules",
    "checks.template_graph",
    "checks.template_text",
)


def test_every_promised_name_is_sorted_and_can_be_imported() -> None:
    assert sorted(library.__all__) == library.__all__
    assert [name for name in library.__all__ if not hasattr(library, name)] == []


def test_type_checkers_see_the_promised_names(root: Path) -> None:
    source = ast.parse((root / "constructs/cdk_eks_cilium/__init__.pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: getattr(import_module(f"cdk_eks_cilium.{node.module}"), alias.name)
        for node in source.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert {name: getattr(library, name) for name in library.__all__} == typed
    assert set(library.__all__) <= set(dir(library))


def test_an_unknown_name_is_refused_in_pythons_own_words() -> None:
    with pytest.raises(AttributeError, match=r"^module 'cdk_eks_cilium' has no attribute 'Nope'$"):
        library.Nope  # type: ignore[attr-defined] # noqa: B018


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty
    }


def test_every_promised_default() -> None:
    """A changed default changes what users deploy: change it here, and say so in the changelog."""
    constructs = {
        name: defaults(getattr(library, name).__init__)
        for name in library.__all__
        if hasattr(getattr(library, name), "is_construct")
    }

    assert constructs == {
        "ApiReady": {"timeout": None},
        "AwsNodeRemoval": {
            "strategy": "remove",
            "options": None,
            "daemon_sets": ("aws-node",),
            "kept_off": (),
            "handler_subnets": (),
            "handler_security_groups": (),
            "repeat_on": None,
        },
        "Cilium": {
            "version": CiliumVersion.V1_19,
            "aws_node": "remove",
            "aws_node_options": None,
            "node_subnets": None,
            "handler_subnets": None,
            "cluster_name": None,
            "operator_identity": "irsa",
            "chart_asset": None,
            "allow_minor_skip": False,
        },
        "CiliumCluster": {
            "kubernetes_version": "1.35",
            "vpc": None,
            "pod_subnets": None,
            "pod_cidr": "100.64.0.0/16",
            "node_subnets": None,
            "cluster_name": None,
            "public_access_cidrs": (),
            "private_access_cidrs": (),
            "access": (),
            "aws_node": "remove",
            "version": CiliumVersion.V1_19,
            "values": None,
            "chart_asset": None,
            "allow_minor_skip": False,
            "default_nodes": True,
            "operator_identity": "irsa",
            "service_cidr": "172.20.0.0/16",
            "secrets_key": None,
            "role": None,
            "deletion_protection": False,
            "upgrade_policy": "extended",
            "zonal_shift": None,
        },
        "CiliumMigration": {
            "version": CiliumVersion.V1_19,
            "operator_identity": "irsa",
            "old_node_security_groups": (),
            "admit_old_pods": True,
            "node_subnets": None,
            "handler_subnets": None,
            "cluster_name": None,
            "chart_asset": None,
        },
        "ClusterNetworkPolicy": {"subject": None, "name": None},
        "ClusterwideNetworkPolicy": {"pods": None, "nodes": None, "name": None, "description": None},
        "CniConfiguration": {},
        "ControlPlane": {
            "kubernetes_version": "1.35",
            "cluster_name": None,
            "public_access_cidrs": (),
            "private_access_cidrs": (),
            "access": (),
            "service_cidr": "172.20.0.0/16",
            "secrets_key": None,
            "role": None,
            "deletion_protection": False,
            "upgrade_policy": "extended",
            "zonal_shift": None,
            "self_managed_addons": True,
            "after": (),
        },
        "CoreAddons": {"kube_proxy": True},
        "EniSweep": {"vpc_owner_account": None},
        "FlowLogs": {"traffic": "all", "retention_days": 30, "bucket_arn": None},
        "NodeGroup": {
            "kubernetes_version": None,
            "service_cidr": None,
            "addressing": None,
            "instance_tags": None,
            "volume_key": None,
            "node_counts": None,
        },
        "NodeCounts": {},
        "ReadinessGate": {"minutes": 10, "subnets": ()},
        "NetworkPolicy": {"pods": None, "name": None, "description": None},
        "OperatorRole": {"identity": "irsa"},
        "PodIdentity": {},
        "ExistingCluster": {"handler_subnets": None, "open_id_connect_provider": None},
        "ExistingPodSubnets": {"has_way_out": False, "owner_account": None},
        "PodSubnets": {
            "cidr": "100.64.0.0/16",
            "further_cidrs": (),
            "availability_zones": None,
            "cluster_name": None,
            "associated_cidrs": (),
            "service_cidr": None,
            "reserve_prefixes": False,
        },
        "PodSubnetsBase": {},
        "PrivateNatGateways": {},
        "PrivateEndpoints": {"further_services": (), "trusted_accounts": ()},
        "Tenant": {
            "policies": (),
            "pod_security": "baseline",
            "labels": None,
            "default_deny": True,
            "removal": "retain",
        },
    }
    assert defaults(Cilium.add_node_group) == {
        "instance_facts": {},
        "subnets": None,
        "node_role": None,
        "volume_key": None,
        "kubernetes_version": None,
        "service_cidr": None,
    }
    assert defaults(NodeGroupProps) == {
        "instance_types": ("m6i.large",),
        "image": "bottlerocket",
        "image_version": "latest",
        "ami_id": None,
        "accelerator": None,
        "capacity": "on-demand",
        "min_size": 2,
        "max_size": 6,
        "desired_size": None,
        "volume_size_gib": 50,
        "labels": None,
        "taints": (),
        "max_unavailable": None,
        "max_unavailable_percentage": None,
        "node_repair": False,
        "ssm_access": False,
        "proxy": None,
        "certificates": None,
    }
    assert defaults(PodSubnets.route_through_nat) == {}
    assert defaults(AwsNodeOptions) == {
        "extras": False,
        "allow_nodes": None,
        "remove_addon": False,
        "leave_kube_proxy": False,
    }
    assert defaults(AccessGrant) == {"policy": "cluster-admin", "namespaces": ()}


def test_the_keywords_of_a_node_group_are_the_fields_of_its_props() -> None:
    assert NodeGroupKeywords.__annotations__.keys() == NodeGroupProps.__annotations__.keys()
    assert get_type_hints(NodeGroupKeywords) == get_type_hints(NodeGroupProps)


def test_every_promised_default_of_the_values() -> None:
    nothing = {"resources": None, "priority_class": None}
    assert CiliumValues().model_dump() == {
        "egress": {"kind": "node", "interface": "eth0"},
        "masquerade": "iptables",
        "eni": {
            "prefix_delegation": True,
            "first_interface_index": 1,
            "release_excess_ips": True,
            "tags": {},
            "security_group_ids": (),
            "use_primary_address": False,
        },
        "ipam": {"min_allocate": None, "pre_allocate": None, "max_allocate": None, "static_ip_tags": {}},
        "hubble": {
            "relay": True,
            "ui": True,
            "metrics": (),
            "export": None,
            "tls": {"method": None, "issuer": None, "validity_days": 365},
            "tolerations": (),
        },
        "kube_proxy_replacement": False,
        "host_routing": None,
        "encryption": None,
        "bandwidth_manager": None,
        "host_firewall": False,
        "map_size_ratio": None,
        "policy_enforcement": "default",
        "cluster_network_policies": False,
        "l7_proxy": True,
        "envoy": {"daemon_set": True, **nothing},
        "gateway_api": False,
        "ingress_controller": None,
        "agent": nothing,
        "operator": {"replicas": 2, "tolerations": (), **nothing},
        "prometheus": {"agent": False, "operator": True, "envoy": True},
        "cluster_id": 0,
        "existing_crds": (),
        "node_init": False,
        "profile": "standard",
        "image_registry": None,
        "overrides": {},
    }
    assert Encryption().type == "wireguard"


ACCEPTED = {
    "platform-network/Vpc/Resource": "Vpc8378EB38",
    "platform-network/PodSubnets/CidrBlock": "PodSubnetsCidrBlockC4809E69",
    "platform-network/PodSubnets/Subnet1/Subnet": "PodSubnetsSubnet1Subnet90D9433F",
    "platform-cluster/Platform/ControlPlane/Logs/Resource": "PlatformControlPlaneLogs4F09BD80",
    "platform-cluster/Platform/ControlPlane/SecretsKey/Resource": "PlatformControlPlaneSecretsKey539849BB",
    "platform-cluster/Platform/ControlPlane/Resource/Resource": "PlatformControlPlaneCC518D53",
    "platform-cluster/Platform/ControlPlane/Access/Entry1/Resource": (
        "PlatformControlPlaneAccessEntry1B5802780"
    ),
    "platform-cluster/Platform/Cilium/AwsNodeRemoval/Resource/Default": (
        "PlatformCiliumAwsNodeRemoval2F9F66EA"
    ),
    "platform-cluster/Platform/Cilium/OperatorRole/Resource/Resource": "PlatformCiliumOperatorRoleA64E879F",
    "platform-cluster/Platform/Cilium/Chart/Resource/Default": "PlatformCiliumChartFAC429C5",
    "platform-cluster/Platform/Cilium/NodeRole/Resource/Resource": "PlatformCiliumNodeRoleEB636CCF",
    "platform-cluster/Platform/Cilium/NodeGroups/workers/LaunchTemplate/Resource": (
        "PlatformCiliumNodeGroupsworkersLaunchTemplate9908EC7F"
    ),
    "platform-cluster/Platform/Cilium/NodeGroups/workers/Resource/Resource": (
        "PlatformCiliumNodeGroupsworkers7CD5F518"
    ),
}
"""Where a changed id would replace what people run on, or lose what they keep."""


def test_what_is_deployed_keeps_its_construct_ids(root: Path) -> None:
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    stacks = build(app, load(root / "settings.yaml"))
    ids = {
        resource["Metadata"]["aws:cdk:path"]: name
        for stack in stacks
        if stack is not None
        for name, resource in Synthesized(stack).template["Resources"].items()
    }

    assert {path: ids.get(path) for path in ACCEPTED} == ACCEPTED


@pytest.mark.parametrize("package", PLAIN)
def test_the_plain_packages_never_start_node(package: str) -> None:
    code = (
        f"import sys, cdk_eks_cilium.{package}\n"
        "print([name for name in ('aws_cdk', 'jsii', 'constructs') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_plain_names_of_the_public_api_do_not_start_node_either() -> None:
    code = (
        "import sys\nfrom cdk_eks_cilium import CiliumValues, CiliumVersion, Egress, Hubble, InputError\n"
        "print('aws_cdk' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("folder", ["constructs", "lambda"])
def test_source_roots_are_not_packages(folder: str, root: Path) -> None:
    """`constructs/__init__.py` would shadow the package `constructs`, which aws_cdk needs."""
    assert (root / folder).is_dir()
    assert not (root / folder / "__init__.py").exists()

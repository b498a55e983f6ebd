"""The guides' commands for a live environment, compared with the APIs that they call."""

from __future__ import annotations

import re
import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from cdk_eks_cilium.settings import Settings
from cdk_eks_cilium.settings.schema import json_schema
from cdk_eks_cilium.values import CLUSTER_TAG
from scripts.synthesis import variant
from tests.docs.blocks import ROOT
from tests.docs.test_examples import commands

# The CLI's own: operations that the API does not have, and options that every operation has.
CUSTOM = {("eks", "get-token"), ("eks", "update-kubeconfig")}
GLOBAL = {"--region", "--output", "--query", "--profile"}

AWS = sorted({line for _, line in commands() if line.startswith("aws ")})


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def options(line: str) -> dict[str, list[str]]:
    """The options of a command with the words that follow each."""
    found: dict[str, list[str]] = {}
    for word in shlex.split(line):
        if word.startswith("--"):
            found[word] = []
        elif found:
            found[list(found)[-1]].append(word)
    return found


@pytest.mark.parametrize("line", AWS)
def test_an_aws_command_is_an_operation_with_parameters_that_exist(line: str) -> None:
    hold_against_botocore(line)


def hold_against_botocore(line: str) -> None:
    """Assert that a command of the AWS CLI is an operation, with its parameters."""
    _, service, operation, *_ = shlex.split(line)
    if (service, operation) in CUSTOM:
        return
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names, f"{service} has no {operation}"
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    known = {f"--{xform_name(name, '-')}" for name in shape.members}
    required = {f"--{xform_name(name, '-')}" for name in shape.required_members}
    assert options(line).keys() - GLOBAL <= known
    assert required <= options(line).keys()


def the_command(start: str) -> str:
    (line,) = {line for _, line in commands() if line.startswith(start)}
    return line


def test_the_interfaces_to_sweep_are_found_by_the_tag_that_the_operator_sets() -> None:
    filters = options(the_command("aws ec2 describe-network-interfaces"))["--filters"]
    assert filters[0] == f"Name=tag:{CLUSTER_TAG},Values={Settings().name}"
    release = next(
        r for r in variant("{}").cluster["Resources"].values() if r["Type"] == "Custom::AWSCDK-EKS-HelmChart"
    )
    assert f'"{CLUSTER_TAG}":"{Settings().name}"' in str(release["Properties"]["Values"])


def test_the_log_group_to_delete_is_the_one_of_the_template() -> None:
    (name,) = options(the_command("aws logs delete-log-group"))["--log-group-name"]
    groups = [r for r in variant("{}").cluster["Resources"].values() if r["Type"] == "AWS::Logs::LogGroup"]
    assert name in [group["Properties"].get("LogGroupName") for group in groups]


def test_the_stack_to_roll_back_further_is_the_cluster_stack() -> None:
    (name,) = options(the_command("aws cloudformation continue-update-rollback"))["--stack-name"]
    assert name == f"{Settings().name}-cluster"


def keys(schema: dict[str, Any], node: dict[str, Any], prefix: str = "") -> set[str]:
    """All keys of the settings, as the guides write them."""
    found = set()
    for name, part in node.get("properties", {}).items():
        found.add(f"{prefix}{name}")
        inner = part
        for step in ("allOf", "anyOf"):
            inner = next((choice for choice in inner.get(step, []) if "$ref" in choice), inner)
        mark = "[]" if "items" in inner else ""
        inner = inner.get("items", inner)
        if "$ref" in inner:
            definition = schema["$defs"][inner["$ref"].rsplit("/", 1)[-1]]
            found |= keys(schema, definition, f"{prefix}{name}{mark}.")
    return found


def test_the_guide_to_changes_names_every_setting_and_no_other() -> None:
    schema = json_schema()
    every = keys(schema, schema)
    rows = re.findall(r"^\| (`.*?`) \|", guide("changes.md").split("\n## ")[0], re.M)
    named: set[str] = set()
    for row in rows:
        first, *rest = re.findall(r"`([^`]+)`", row)
        # "`node_groups[].instance_types`, `image`": the second key is in the section of the first.
        beside = first.rpartition(".")[0]
        inner = (f"{beside}.{name}" for name in rest)
        named |= {first, *(near if near in every else far for near, far in zip(inner, rest, strict=True))}
    assert named <= every
    covered = {
        key for key in every if any(key == name or key.startswith((f"{name}.", f"{name}[")) for name in named)
    }
    # Settings that only name parts of an existing VPC belong to `network.vpc_id`.
    unnamed = {"network", "cilium", "cilium.eni", "node_groups"} | {
        f"network.{part}" for part in ("private_subnet_ids", "public_subnet_ids", "associated_cidrs")
    }
    assert every - covered == unnamed


def test_every_link_within_the_guide_to_changes_has_its_section() -> None:
    text = guide("changes.md")
    sections = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^##+ (.+)$", text, re.M)
    }
    linked = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert len(linked) > 5
    assert linked <= sections


def launch_templates(settings: str) -> list[Any]:
    resources = variant(settings).cluster["Resources"].values()
    return [r["Properties"] for r in resources if r["Type"] == "AWS::EC2::LaunchTemplate"]


@pytest.mark.parametrize(
    ("given", "replaced"),
    [
        ('{"cilium": {"egress": "pod"}}', True),
        ('{"cilium": {"eni": {"first_interface_index": 2}}}', True),
        ('{"cilium": {"kube_proxy_replacement": true, "masquerade": "ebpf"}}', True),
        ('{"cilium": {"eni": {"tags": {"team": "platform"}}, "ipam": {"min_allocate": 16}}}', False),
        ('{"cilium": {"host_routing": "legacy", "bandwidth_manager": {}, "cluster_id": 3}}', False),
        ('{"tags": {"team": "platform"}}', True),
        ('{"node_groups": [{"name": "workers", "volume_size_gib": 80}]}', True),
        ('{"node_groups": [{"name": "workers", "labels": {"example.com/pool": "a"}}]}', True),
        ('{"node_groups": [{"name": "workers", "image_version": "1.62.0"}]}', True),
        ('{"node_groups": [{"name": "workers", "max_unavailable": 2}]}', False),
        ('{"node_groups": [{"name": "workers", "max_size": 9}]}', False),
    ],
)
def test_a_setting_replaces_nodes_where_the_guide_says_so(given: str, replaced: bool) -> None:
    assert (launch_templates(given) != launch_templates("{}")) is replaced


def test_the_tag_that_replaces_nodes_is_the_one_of_the_guides() -> None:
    tags = str(launch_templates("{}"))
    for name in ("changes.md", "eks-defaults.md"):
        (tag,) = set(re.findall(r"`(cdk-eks-cilium/[a-z]+)`", guide(name)))
        assert repr(tag) in tags

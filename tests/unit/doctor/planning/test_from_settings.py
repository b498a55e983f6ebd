"""What settings want of a cluster, as a plan."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from cdk_eks_cilium.addressing import NodeAddressing, find
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.planning import from_settings
from cdk_eks_cilium.doctor.planning.from_settings import plan_of
from cdk_eks_cilium.helm import ChartSource, LayerError, Trial
from cdk_eks_cilium.settings import parse


@pytest.fixture(autouse=True)
def no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_settings, "find_chart", lambda *_: None)


def test_the_default_settings_tell_all_but_account_and_chart() -> None:
    plan = plan_of(parse({}))
    assert [each.name for each in fields(Plan) if getattr(plan, each.name) is None] == ["account", "config"]
    assert (plan.cluster, plan.region, plan.kubernetes, plan.cilium) == (
        "platform",
        "eu-west-1",
        "1.35",
        "1.19.6",
    )
    assert (plan.aws_node, plan.egress, plan.kube_proxy_replacement) == ("remove", "node", False)
    assert plan.pod_ranges == ("100.64.0.0/16",)
    assert plan.pod_subnets == ("100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18")
    assert plan.vpc_ranges == ("10.0.0.0/16", "100.64.0.0/16")
    assert plan.values is not None
    assert plan.values["eni"]["enabled"] is True


def test_a_group_has_the_max_pods_of_the_plan_and_what_its_nodes_show() -> None:
    group = {
        "name": "gpu",
        "instance_types": ["m6i.large", "m6i.xlarge"],
        "min_size": 1,
        "max_size": 3,
        "labels": {"team": "a"},
        "taints": [{"key": "dedicated", "value": "gpu"}],
    }
    _, found = plan_of(parse({"node_groups": [{"name": "workers"}, group]})).groups or ()
    assert found.max_pods == NodeAddressing().pods(find("m6i.large"))
    assert (found.name, found.image, found.min_size, found.max_size) == ("gpu", "bottlerocket", 1, 3)
    taints = ("node.cilium.io/agent-not-ready", "dedicated")
    assert (found.labels, found.taints, found.primary_interface) == ({"team": "a"}, taints, "eth0")


def test_subnets_that_exist_are_known_by_their_ids() -> None:
    zones = ["eu-west-1a", "eu-west-1b"]
    network = {
        "vpc_id": "vpc-0123456789abcdef0",
        "vpc_cidr": "10.0.0.0/16",
        "availability_zones": zones,
        "private_subnet_ids": dict(
            zip(zones, ("subnet-00000000000000001", "subnet-00000000000000002"), strict=True)
        ),
        "pod_cidr": "100.64.0.0/16",
        "pod_subnets": {
            zone: {"id": f"subnet-0000000000000001{index}", "cidr": f"100.64.{64 * index}.0/18"}
            for index, zone in enumerate(zones)
        },
    }
    assert plan_of(parse({"network": network})).pod_subnets == (
        "subnet-00000000000000010",
        "subnet-00000000000000011",
    )


def test_tenants_without_default_deny_are_none_of_those_with_it() -> None:
    tenants = [{"namespace": "closed"}, {"namespace": "open", "default_deny": False}]
    plan = plan_of(parse({"tenants": tenants}))
    assert plan.tenants == ("closed",)
    assert plan.stacks == ("platform-network", "platform-cluster", "platform-tenants")


def test_the_stacks_have_the_names_that_the_app_gives(root: Path) -> None:
    app = (root / "app.py").read_text(encoding="utf-8")
    for name in plan_of(parse({"tenants": [{"namespace": "a"}]})).stacks or ():
        assert f'f"{{settings.name}}-{name.removeprefix("platform-")}"' in app


CONFIG_MAP = """\
kind: ConfigMap
metadata:
  name: cilium-config
data:
  ipam: eni
  k8s-api-server: https://<host of the Kubernetes API>
---
kind: ConfigMap
metadata:
  name: other
data: {}
"""


def test_the_chart_tells_the_config_without_what_only_a_deployment_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(from_settings, "find_chart", lambda *_: ChartSource(tmp_path, "the cache"))
    monkeypatch.setattr(from_settings, "helm_of_layer", lambda _: tmp_path)
    monkeypatch.setattr(Trial, "manifests", lambda *_: CONFIG_MAP)
    assert plan_of(parse({})).config == {"ipam": "eni"}


def test_without_a_helm_that_runs_the_config_is_not_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent(_: str) -> Path:
        raise LayerError("not installed")

    monkeypatch.setattr(from_settings, "find_chart", lambda *_: ChartSource(tmp_path, "the cache"))
    monkeypatch.setattr(from_settings, "helm_of_layer", absent)
    assert plan_of(parse({})).config is None

"""The end state of a cluster: what the doctor's checks say of it, and what EKS's add-ons bring back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws import Environment
from rehearsal.aws.account import Account, Cluster
from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from rehearsal.report.verdict import EndStateFinding, after_create, before_update


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with Account(Environment("123456789012", "eu-west-1")) as made:
        yield made


@pytest.fixture
def kubernetes(account: Account) -> Iterator[KubernetesCluster]:
    """A cluster without Cilium, with one node."""
    made = KubernetesCluster(name="shop", version="1.35", identify=lambda _: None)
    account.clusters["shop"] = Cluster("shop", made, "sg-1")
    made.join_node(NodeSpec("n1"))
    yield made
    del account.clusters["shop"]


def finding(account: Account, check: str) -> EndStateFinding:
    (found,) = (each for each in after_create(account, []) if each.id == check)
    return found


def reason(account: Account, check: str) -> str:
    """Why a check did not judge."""
    (found,) = (each for each in after_create(account, []) if check in each.detail.split(", "))
    return found.check


def replace_kube_proxy(kubernetes: KubernetesCluster) -> None:
    metadata = {"name": "cilium-config", "namespace": "kube-system"}
    data = {"kube-proxy-replacement": "true"}
    kubernetes.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


@pytest.mark.usefixtures("kubernetes")
def test_a_cluster_without_aws_node_is_good(account: Account) -> None:
    found = finding(account, "aws-node-runs")
    assert (found.good, found.mark, found.detail) == (True, "ok", "the DaemonSet is not there")


def test_aws_node_is_an_error_with_evidence_and_fix(account: Account, kubernetes: KubernetesCluster) -> None:
    kubernetes.bootstrap(["vpc-cni"])

    found = finding(account, "aws-node-runs")

    assert (found.good, found.mark, found.verdict) == (False, "BAD", "error")
    assert (
        found.evidence[0]
        == "DaemonSet kube-system/aws-node: metadata.name is aws-node, expected no such DaemonSet"
    )
    assert "kubectl --namespace kube-system delete daemonset aws-node" in found.fix


def test_the_add_on_vpc_cni_is_wrong_while_its_daemon_set_is_absent(
    account: Account, kubernetes: KubernetesCluster
) -> None:
    kubernetes.install_addon("vpc-cni")
    kubernetes.delete("DaemonSet", "aws-node", "kube-system")

    found = finding(account, "vpc-cni-add-on")

    assert not found.good
    assert found.detail.startswith("EKS's add-on vpc-cni is installed, and brings aws-node back")


def test_the_add_on_vpc_cni_for_nodes_with_a_label_runs_nowhere_without_such_nodes(
    account: Account, kubernetes: KubernetesCluster
) -> None:
    kubernetes.install_addon("vpc-cni", only_on={"io.cilium/aws-node-enabled": "true"})
    assert finding(account, "aws-node-runs").detail == "the DaemonSet's selector matches no node"


def test_a_warning_is_shown_and_is_no_failure(account: Account, kubernetes: KubernetesCluster) -> None:
    kubernetes.install_addon("kube-proxy")
    replace_kube_proxy(kubernetes)

    found = finding(account, "kube-proxy")

    assert (found.good, found.mark, found.verdict) == (True, "warn", "warning")
    assert found.detail.startswith(
        "kube-proxy runs beside Cilium's replacement of it | DaemonSet kube-system/"
    )


@pytest.mark.usefixtures("kubernetes")
def test_what_is_unknown_or_skipped_says_why_and_is_no_failure(account: Account) -> None:
    silent = [each for each in after_create(account, []) if each.mark == "-"]

    assert silent
    assert all(each.good for each in silent)
    assert reason(account, "kube-proxy") == "shop: unknown: ConfigMap kube-system/cilium-config is missing"
    assert reason(account, "agents-restart") == "shop: skipped: no container runs in a rehearsal"
    assert reason(account, "planned-release") == "shop: skipped: needs settings that say: cilium"


def release(version: str | None, chart: str = "cilium") -> dict[str, dict[str, Any]]:
    properties = {"Chart": chart, "Release": chart, **({} if version is None else {"Version": version})}
    return {"Release": {"Type": "Custom::AWSCDK-EKS-HelmChart", "Properties": properties}}


@pytest.mark.parametrize(
    ("old", "new", "good", "detail"),
    [
        ("1.18.12", "1.19.6", True, "1.18.12 -> 1.19.6"),
        ("1.19.6", "1.18.12", True, "1.19.6 -> 1.18.12"),
        ("1.18.12", "1.18.3", True, "1.18.12 -> 1.18.3"),
        (
            "1.18.12",
            "1.20.0",
            False,
            "1.18.12 -> 1.20.0 skips a minor: go 1.18.12 -> 1.19.6 -> 1.20.0, one deploy each",
        ),
        (
            "1.20.0",
            "1.18.12",
            False,
            "1.20.0 -> 1.18.12 skips a minor: go 1.20.0 -> 1.19.6 -> 1.18.12, one deploy each",
        ),
    ],
)
def test_an_update_of_cilium_must_not_skip_a_minor(old: str, new: str, good: bool, detail: str) -> None:
    (found,) = before_update([release(old)], [release(new)])
    assert (found.check, found.good, found.detail) == ("Cilium goes one minor at a time", good, detail)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (release("1.18.12"), release("1.18.12")),
        (release("1.18.12", "other"), release("1.20.0", "other")),
        (release(None), release("1.20.0")),
        ({}, release("1.20.0")),
    ],
)
def test_a_release_whose_version_stays_or_is_not_known_is_not_checked(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> None:
    assert before_update([before], [after]) == []

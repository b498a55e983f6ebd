"""One proxy for Services, in every release's words."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.aws_node.kube_proxy import kube_proxy
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.aws_node import daemon_set
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import result


@pytest.mark.parametrize(
    ("word", "replaced"),
    [
        # Up to 1.13 strict, disabled, probe and partial; from 1.14 on true and false.
        ("strict", True),
        ("true", True),
        ("disabled", False),
        ("probe", False),
        ("partial", False),
        ("false", False),
        (None, False),
    ],
)
def test_each_word_of_the_option_wants_kube_proxy_or_not(word: str | None, replaced: bool) -> None:
    without, beside = healthy(), healthy()
    configure(without, kube_proxy_replacement=word)
    configure(beside, kube_proxy_replacement=word)
    daemon_set(beside, "kube-proxy")
    assert result(without, kube_proxy).verdict is (Verdict.OK if replaced else Verdict.ERROR)
    assert result(beside, kube_proxy).verdict is (Verdict.WARNING if replaced else Verdict.OK)


def test_a_proxy_that_a_selector_keeps_off_is_fine_beside_the_replacement() -> None:
    world = healthy()
    daemon_set(world, "kube-proxy", {"io.cilium/kube-proxy-enabled": "true"})
    assert result(world, kube_proxy).verdict is Verdict.OK


def test_a_cluster_without_nodes_lacks_no_proxy() -> None:
    world = healthy()
    configure(world, kube_proxy_replacement="false")
    daemon_set(world, "kube-proxy", {"kubernetes.io/os": "linux"})
    world.all(kinds.NODES).clear()
    assert result(world, kube_proxy).detail == "kube-proxy runs on 0 of 0 nodes"


def test_without_the_configuration_nothing_is_known() -> None:
    world = healthy()
    world.remove(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")
    assert result(world, kube_proxy).unknown == ("ConfigMap kube-system/cilium-config is missing",)

"""Which setting a chart value comes from."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.rules.chart.blame import Blame

VALUES = CiliumValues(kube_proxy_replacement=True, overrides={"bpf": {"tproxy": True}, "debug": None})


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["bpf.tproxy"], ("cilium.overrides.bpf.tproxy", True)),
        (["bpf"], ("cilium.overrides.bpf", MISSING)),
        (["debug.enabled"], ("cilium.overrides.debug", None)),
        (["kubeProxyReplacement"], ("cilium.kube_proxy_replacement", True)),
        (["envoy.baseID", "k8sServiceHost"], ("cilium.kube_proxy_replacement", True)),
        (["envoy.baseID", "l7Proxy"], ("cilium.overrides.envoy.baseID", MISSING)),
    ],
    ids=["an override", "a section", "a null above", "a typed field", "the first that is set", "none is set"],
)
def test_a_problem_names_what_somebody_set(paths: list[str], named: tuple[str, Any]) -> None:
    assert Blame(VALUES, "cilium").first(paths) == named


def test_the_settings_behind_values_are_those_that_somebody_set() -> None:
    found = Blame(VALUES, "cilium").settings(["bpf.tproxy", "envoy.baseID", "kubeProxyReplacement"])
    assert found == {"cilium.overrides.bpf.tproxy", "cilium.kube_proxy_replacement"}

"""Options that agents refuse, by release."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.accepted_config import accepted_config
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.versions.cilium import CiliumVersion, minors
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, release
from tests.unit.doctor.world import result


@pytest.mark.parametrize("minor", minors())
def test_the_healthy_configuration_is_taken_by_each_release(minor: str) -> None:
    world = healthy()
    release(world, CiliumVersion.newest_of(minor).number)
    assert result(world, accepted_config).verdict is Verdict.OK


def test_a_map_of_policies_is_capped_or_refused() -> None:
    world = healthy()
    configure(world, bpf_policy_map_max="131072")
    assert result(world, accepted_config).verdict is Verdict.OK
    release(world, "1.13.18")
    (finding,) = result(world, accepted_config).findings
    assert "must be at most 65536" in finding.summary
    assert finding.evidence[0].field == "data.bpf-policy-map-max"


def test_an_option_in_the_arguments_of_the_agent_counts() -> None:
    world = healthy()
    agent = world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]
    agent["args"] = ["--config-dir=/tmp/cilium/config-map", "--identity-allocation-mode=etcd"]
    (finding,) = result(world, accepted_config).findings
    assert (
        "DaemonSet kube-system/cilium: spec.template.spec.containers[cilium-agent].args[1] is etcd, expected "
        "must be one of crd"
    ) in str(finding.evidence[0])


def test_what_is_not_set_is_no_finding() -> None:
    world = healthy()
    for option in list(world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["data"]):
        configure(world, **{option: None})
    assert result(world, accepted_config).verdict is Verdict.OK

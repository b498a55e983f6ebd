"""The types that stand in for the CRDs of `existing_crds`."""

from __future__ import annotations

from typing import get_args

import pytest

from cdk_eks_cilium.helm import SERVED
from cdk_eks_cilium.values import CiliumValues
from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.stand_in_types import definitions
from tests.rehearsal.kubernetes.commands import Commands

GROUPS = get_args(get_args(CiliumValues.model_fields["existing_crds"].annotation)[0])


@pytest.mark.parametrize("group", GROUPS)
def test_a_cluster_takes_objects_of_the_group_when_the_stand_in_is_there(
    group: str, cluster: KubernetesCluster, newest: Commands
) -> None:
    (definition,) = definitions([group])
    kind, version = definition["spec"]["names"]["kind"], definition["spec"]["versions"][0]["name"]
    wanted = {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": "one"}, "spec": {"a": 1}}
    assert f'no matches for kind "{kind}"' in newest.kubectl("apply", "-f", "-", body=wanted).stderr

    cluster.apply(definition)

    applied = newest.kubectl("apply", "-f", "-", body=wanted)
    assert applied.returncode == 0, applied.stderr


@pytest.mark.parametrize("group", GROUPS)
def test_the_stand_in_serves_what_the_trial_of_a_chart_says_is_served(group: str) -> None:
    (definition,) = definitions([group])
    kind = definition["spec"]["names"]["kind"]
    versions = [f"{group}/{each['name']}" for each in definition["spec"]["versions"]]
    assert {each.removesuffix(f"/{kind}") for each in SERVED[group]} == set(versions)

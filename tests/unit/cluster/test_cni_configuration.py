"""The ConfigMap of agents below 1.19."""

from __future__ import annotations

import json

from cdk_eks_cilium import CniConfiguration
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

MANIFEST = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "cni-configuration", "namespace": "kube-system"},
    "data": {"cni-config": "{}"},
}


def test_the_manifest_goes_in_as_it_is_and_may_be_repeated() -> None:
    stack = new_stack()
    CniConfiguration(stack, "Cni", cluster=plain_cluster(stack, known_vpc(stack)), manifest=MANIFEST)
    _, resource = Synthesized(stack).only("Custom::AWSCDK-EKS-KubernetesResource")
    (applied,) = json.loads(flat(resource["Manifest"]))

    # CDK's label, by which the kubectl handler finds what a later version leaves out.
    assert list(applied["metadata"].pop("labels")) == [resource["PruneLabel"]]
    assert applied == MANIFEST
    assert resource["Overwrite"] is True

from __future__ import annotations

import base64
import json
import zlib

import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy import CiliumNetworkPolicy, Policy
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy, Metadata
from cdk_eks_cilium.policy.packing import digests, pack
from cdk_eks_cilium.versions import CiliumVersion
from tests.lambda_.conftest import loaded
from tests.unit.policy.strategies import policies

CA = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()


def test_packing_is_the_same_every_time_and_as_the_function_reads_it() -> None:
    manifest = {"metadata": {"name": "a"}, "b": "ü"}
    assert pack([manifest]) == pack([dict(manifest)])
    assert json.loads(zlib.decompress(base64.b64decode(pack([manifest])))) == [manifest]
    assert list(digests([manifest])) == ["a"]
    assert len(digests([manifest])["a"]) == 12


def test_a_digest_does_not_depend_on_the_order_of_fields() -> None:
    one = {"metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}}
    other = {"spec": {"y": 2, "x": 1}, "metadata": {"name": "a"}}
    assert digests([one]) == digests([other])
    assert digests([one]) != digests([{**one, "spec": {"x": 1, "y": 3}}])


def in_shop(policy: Policy) -> CiliumNetworkPolicy:
    assert not isinstance(policy, KubernetesClusterNetworkPolicy)
    metadata = Metadata(name=policy.name, namespace="shop")
    return CiliumNetworkPolicy(metadata=metadata, spec=policy.spec, specs=policy.specs)


NAMESPACED = policies(CiliumVersion.DEFAULT).filter(lambda one: isinstance(one, CiliumNetworkPolicy))
"""What the strategy for all fields of all policies draws takes a while, so few are drawn."""


@settings(max_examples=15, deadline=None)
@given(st.lists(NAMESPACED.map(in_shop), max_size=3, unique_by=lambda one: one.name))
def test_the_function_reads_what_was_packed(written: list[CiliumNetworkPolicy]) -> None:
    manifests = [policy.manifest() for policy in written]
    properties = {
        "ClusterName": "demo",
        "Region": "eu-central-1",
        "Endpoint": "https://example.invalid",
        "CertificateAuthorityData": CA,
        "Namespace": "shop",
        "Owner": "suite",
        "Bundle": pack(manifests),
        "Digests": digests(manifests),
    }
    with loaded("policy_set") as code:
        read = code.properties.Properties.of(properties).policies
    assert list(read) == [policy.name for policy in written]
    bodies = [{key: value for key, value in each.items() if key != "metadata"} for each in read.values()]
    assert bodies == [{key: value for key, value in each.items() if key != "metadata"} for each in manifests]

"""CRDs of Cilium and of Gateway API, by release."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.cilium_definitions import cilium_definitions
from cdk_eks_cilium.doctor.checks.release.gateway_definitions import gateway_definitions
from cdk_eks_cilium.doctor.checks.release.stored_versions import stored_versions
from cdk_eks_cilium.doctor.checks.views.definitions import awaited
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, release
from tests.unit.doctor.mutations.release import serve_gateways
from tests.unit.doctor.world import result

OLDEST = {
    "ciliumclusterwidenetworkpolicies",
    "ciliumendpoints",
    "ciliumidentities",
    "ciliumnetworkpolicies",
    "ciliumnodes",
}


@pytest.mark.parametrize(
    ("number", "more"),
    [
        ("1.12.19", set()),
        ("1.13.18", {"ciliumnodeconfigs"}),
        ("1.14.19", {"ciliumnodeconfigs", "ciliumcidrgroups", "ciliumpodippools"}),
        ("1.20.0", {"ciliumnodeconfigs", "ciliumcidrgroups", "ciliumpodippools"}),
    ],
)
def test_agents_of_each_release_wait_for_theirs(number: str, more: set[str]) -> None:
    assert {name.partition(".")[0] for name in awaited(CiliumVersion.of(number), {})} == OLDEST | more


def test_options_bring_crds_and_take_them() -> None:
    options = {"enable-envoy-config": "true", "enable-egress-gateway": "true", "disable-endpoint-crd": "true"}
    names = awaited(CiliumVersion.DEFAULT, options)
    assert "ciliumenvoyconfigs.cilium.io" in names
    assert "ciliumegressgatewaypolicies.cilium.io" in names
    assert "ciliumendpoints.cilium.io" not in names


def test_an_old_release_needs_no_newer_crds() -> None:
    world = healthy()
    release(world, "1.12.19")
    for plural in ("ciliumnodeconfigs", "ciliumcidrgroups", "ciliumpodippools"):
        world.remove(kinds.CUSTOM_TYPES, f"{plural}.cilium.io")
    assert result(world, cilium_definitions).verdict is Verdict.OK


def test_a_crd_without_the_label_has_an_older_schema() -> None:
    world = healthy()
    del world.one(kinds.CUSTOM_TYPES, "ciliumnodes.cilium.io")["metadata"]["labels"]
    (finding,) = result(world, cilium_definitions).findings
    assert "is missing, expected 1.32.3" in str(finding.evidence[0])


def test_schemas_are_compared_as_numbers() -> None:
    world = healthy()
    for each in world.all(kinds.CUSTOM_TYPES):
        each["metadata"]["labels"]["io.cilium.k8s.crd.schema.version"] = "1.9.10"
    labels = world.one(kinds.CUSTOM_TYPES, "ciliumnodes.cilium.io")["metadata"]["labels"]
    labels["io.cilium.k8s.crd.schema.version"] = "1.9.9"
    (finding,) = result(world, cilium_definitions).findings
    assert [each.object for each in finding.evidence] == ["CRD ciliumnodes.cilium.io"]


@pytest.mark.parametrize(
    ("number", "verdict"),
    [("1.18.12", Verdict.OK), ("1.19.6", Verdict.WARNING), ("1.20.0", Verdict.WARNING)],
)
def test_stored_versions_matter_for_the_next_minor(number: str, verdict: Verdict) -> None:
    world = healthy()
    release(world, number)
    found = world.one(kinds.CUSTOM_TYPES, "ciliumnodeconfigs.cilium.io")
    found["status"]["storedVersions"] = ["v2alpha1"]
    assert result(world, stored_versions).verdict is verdict


def test_newer_crds_of_gateway_api_are_fine_and_the_next_minor_is_told() -> None:
    world = healthy()
    serve_gateways(world, "v1.5.0")
    found = result(world, gateway_definitions)
    assert (found.verdict, found.detail) == (Verdict.OK, "5 CRDs; Cilium 1.20 needs Gateway API 1.6.1")


def test_the_first_releases_with_gateways_need_no_grpc() -> None:
    world = healthy()
    release(world, "1.15.19")
    serve_gateways(world, "v1.0.0")
    world.remove(kinds.CUSTOM_TYPES, "grpcroutes.gateway.networking.k8s.io")
    assert result(world, gateway_definitions).verdict is Verdict.OK


def test_crds_that_cannot_be_read_are_unknown() -> None:
    world = healthy()
    configure(world, enable_gateway_api="true")
    world.unread[kinds.CUSTOM_TYPES] = "forbidden"
    for check in (cilium_definitions, gateway_definitions, stored_versions):
        assert result(world, check).unknown == ("forbidden",)

"""Each kind of environment as it is, created and destroyed once: its end state, and who reaches whom."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.aws.runtime import Options
from rehearsal.reachability.answers import Reachability, Row
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None
SETTINGS = ROOT / "tests/stacks/settings"
ELSEWHERE = {"default": ROOT / "settings.yaml", "article": ROOT / "examples/article/settings.yaml"}
ENVIRONMENTS = [
    *("default", "article", "never-install", "patch", "pod-egress", "shared-vpc", "on-premises", "transit"),
    *("isolated", "existing-vpc"),
]

Rehearsed = Callable[[str], RehearsalReport]

every_environment = pytest.mark.parametrize("name", ENVIRONMENTS)


def by_transit_gateway(folder: Path) -> Path:
    """On-premises networks that see pods at their own addresses."""
    text = (SETTINGS / "on-premises.yaml").read_text()
    assert "    private_nat: true\n" in text
    path = folder / "transit.yaml"
    path.write_text(text.replace("    private_nat: true\n", ""))
    return path


def settings_of(name: str, folder: Path) -> Path:
    if name == "transit":
        return by_transit_gateway(folder)
    return with_chart(ELSEWHERE.get(name, SETTINGS / f"{name}.yaml"), folder)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """The report by the name of an environment, with the charts of CILIUM_CHARTS or else the stand-in."""
    reports: dict[str, RehearsalReport] = {}

    def report(name: str) -> RehearsalReport:
        if name not in reports:
            folder = tmp_path_factory.mktemp(name)
            assembly = synthesize(settings_of(name, folder), folder / "out")
            reports[name] = rehearse(assembly, options=Options(charts=CHARTS))
        return reports[name]

    return report


@every_environment
def test_the_end_state_is_as_it_should_be(name: str, rehearsed: Rehearsed) -> None:
    report = rehearsed(name)
    assert report.problems == []
    assert report.succeeded


@every_environment
def test_pods_live_in_pod_subnets_on_interface_one_with_prefixes(name: str, rehearsed: Rehearsed) -> None:
    pods = [finding for finding in rehearsed(name).findings if "live in a pod subnet" in finding.check]

    assert len(pods) >= 2
    assert all("index 1" in finding.detail and "/28" in finding.detail for finding in pods)


@every_environment
def test_nodes_start_after_the_release_and_go_before_it(name: str, rehearsed: Rehearsed) -> None:
    report = rehearsed(name)
    release = report.position("PlatformCiliumChart", "CREATE_COMPLETE")
    started = [
        e for e in report.events if e.type == "AWS::EKS::Nodegroup" and e.status == "CREATE_IN_PROGRESS"
    ]
    gone = [e for e in report.events if e.type == "AWS::EKS::Nodegroup" and e.status == "DELETE_COMPLETE"]

    assert started
    assert all(report.events.index(event) > release for event in started)
    assert max(map(report.events.index, gone)) < report.position("PlatformCiliumChart", "DELETE_IN_PROGRESS")


@every_environment
def test_a_destroy_leaves_nothing(name: str, rehearsed: Rehearsed) -> None:
    (left,) = [finding for finding in rehearsed(name).findings if finding.check == "nothing is left"]

    assert left.good, left.detail


def answered(report: RehearsalReport) -> Reachability:
    (found,) = report.reachability["create"]
    return found


def row(report: RehearsalReport, source: str, destination: str) -> Row:
    (found,) = [
        each
        for each in answered(report).rows
        if each.source == source and each.destination.startswith(destination)
    ]
    return found


@every_environment
def test_the_cluster_reaches_what_it_needs(name: str, rehearsed: Rehearsed) -> None:
    report = rehearsed(name)
    assert len(answered(report).needs) >= 14
    (said,) = [f for f in report.findings if "the network lets through what the cluster needs" in f.check]
    assert said.good


def test_by_default_pods_leave_by_their_node_and_are_seen_as_themselves_in_the_vpc(
    rehearsed: Rehearsed,
) -> None:
    report = rehearsed("default")
    inside, outside = row(report, "pods", "pods"), row(report, "pods", "the internet")
    assert inside.seen_as == "their own addresses (100.64.0.0/18, 100.64.64.0/18, 100.64.128.0/18)"
    # Nodes run in two of the three zones; every zone is asked.
    assert len(inside.ways) == 9
    assert outside.seen_as.startswith("public addresses of NAT gateways (")
    assert any("/NodeSubnet1/RouteTable routes 0.0.0.0/0" in hop for hop in outside.ways[0].answer.hops)


def test_with_egress_pod_they_leave_by_their_own_subnets(rehearsed: Rehearsed) -> None:
    outside = row(rehearsed("pod-egress"), "pods", "the internet")
    for way in outside.ways:
        assert any("/PodSubnets/Subnet" in hop and "routes 0.0.0.0/0" in hop for hop in way.answer.hops)


def test_isolated_pods_reach_endpoints_as_themselves_and_nothing_outside(rehearsed: Rehearsed) -> None:
    report = rehearsed("isolated")
    services = row(report, "pods", "AWS: sts")
    assert services.seen_as == "their own addresses (100.64.0.0/17, 100.64.128.0/17)"
    assert services.destination == "AWS: sts, ec2, ecr.api, ecr.dkr, eks, eks-auth, logs"
    for party in ("nodes", "pods"):
        internet = row(report, party, "the internet")
        assert (internet.needed, internet.reached) == (False, False)
    # The way to the VPC is theirs to build.
    people = row(report, "people at 10.8.0.0/16", "the Kubernetes API")
    assert "no route to people at 10.8.0.0/16" in people.cut


def test_isolated_the_chart_comes_from_the_assets(rehearsed: Rehearsed) -> None:
    (note,) = [note for note in rehearsed("isolated").notes if note.startswith("chart of ")]
    assert note.endswith(": among the assembly's assets")


def test_isolated_every_endpoint_is_there_before_the_cluster_and_goes_after_it(rehearsed: Rehearsed) -> None:
    report, plane = rehearsed("isolated"), "PlatformControlPlane"
    names = {event.logical_id for event in report.events if event.type == "AWS::EC2::VPCEndpoint"}
    assert len(names) == 9
    for name in names:
        assert report.position(name, "CREATE_COMPLETE") < report.position(plane, "CREATE_IN_PROGRESS")
        assert report.position(name, "DELETE_IN_PROGRESS") > report.position(plane, "DELETE_COMPLETE")


def test_in_an_existing_vpc_the_answers_name_what_its_owner_must_let_through(rehearsed: Rehearsed) -> None:
    report = rehearsed("existing-vpc")
    conditions = row(report, "pods", "AWS: sts").assumes
    assert (
        "an endpoint of sts in vpc-0123456789abcdef0, where there is one, admits 100.66.0.0/18" in conditions
    )
    assert "the route table of subnet-0aaaaaaaaaaaaaaa1 leads to the public addresses of sts" in conditions
    # The pod subnets are ours, so their routes are known.
    assert not any("route table of existing-network" in each for each in conditions)


def test_in_a_shared_vpc_the_owner_routes_pods_out_of_their_own_subnets(rehearsed: Rehearsed) -> None:
    conditions = row(rehearsed("shared-vpc"), "pods", "the internet").assumes
    assert "the route table of subnet-0bbbbbbbbbbbbbbb1 leads to the internet" in conditions


def test_behind_private_nat_gateways_the_premises_see_the_range_of_the_nodes(rehearsed: Rehearsed) -> None:
    report = rehearsed("on-premises")
    there = "10.128.0.0/9 behind a transit gateway"
    assert row(report, "pods", there).seen_as == "addresses of NAT gateways (10.0.128.0/18, 10.0.192.0/18)"
    assert row(report, "nodes", there).seen_as == "their own addresses (10.0.128.0/18, 10.0.192.0/18)"
    assert not any("100.6" in each for each in row(report, "pods", there).assumes)
    # S3 has a gateway endpoint, past the NAT gateways.
    assert "their own addresses (10.0.128.0/18, 10.0.192.0/18)" in row(report, "nodes", "AWS").seen_as


def test_without_private_nat_the_premises_must_route_the_pods_back(rehearsed: Rehearsed) -> None:
    there = "10.128.0.0/9 behind a transit gateway"
    pods = row(rehearsed("transit"), "pods", there)
    assert pods.seen_as.startswith("their own addresses (100.64.0.0/19, ")
    assert f"{there} routes 100.64.0.0/19 back, and lets it in" in pods.assumes

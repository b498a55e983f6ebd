from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.aws import Environment
from rehearsal.cloudformation.assembly import Assembly, Stack
from rehearsal.cloudformation.catalogue import traits
from rehearsal.report.timeline import clock, timeline

HERE = Environment("123456789012", "eu-west-1")


def resource(kind: str, *needs: str) -> dict[str, Any]:
    return {"Type": kind, "DependsOn": list(needs)}


def assembly() -> Assembly:
    network = {"Block": resource("AWS::EC2::VPCCidrBlock"), "Nat": resource("AWS::EC2::NatGateway")}
    cluster = {
        "Cluster": resource("AWS::EKS::Cluster"),
        "Chart": resource("Custom::AWSCDK-EKS-HelmChart", "Cluster"),
        "Workers": resource("AWS::EKS::Nodegroup", "Chart"),
        "Key": resource("AWS::KMS::Key"),
    }
    stacks = (
        Stack("net", HERE, {"Resources": network}),
        Stack("app", HERE, {"Resources": cluster}, dependencies=("net",)),
    )
    return Assembly(Path("."), stacks, {})


def test_the_critical_path_goes_through_both_stacks() -> None:
    found = timeline(assembly())
    path = [
        "AWS::EC2::NatGateway",
        "AWS::EKS::Cluster",
        "Custom::AWSCDK-EKS-HelmChart",
        "AWS::EKS::Nodegroup",
    ]
    assert [bar.type for bar in found.critical_path] == path
    assert found.total == sum(traits(kind).duration.seconds for kind in path)


def test_a_resource_starts_when_its_last_need_is_done() -> None:
    bars = {bar.logical_id: bar for bar in timeline(assembly()).bars}
    assert (
        bars["Workers"].start
        == bars["Chart"].end
        == bars["Cluster"].end + traits("Custom::AWSCDK-EKS-HelmChart").duration.seconds
    )
    assert bars["Key"].start == bars["Nat"].end


def test_the_chart_draws_the_critical_path_and_gives_the_total() -> None:
    text = "\n".join(timeline(assembly()).text())
    assert "EKS::Cluster Cluster" in text
    assert "#" in text
    assert f"{clock(120 + 540 + 60 + 150)} min in all" in text

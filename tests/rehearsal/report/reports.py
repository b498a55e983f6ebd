"""A report as a rehearsal of two stacks makes it, without a rehearsal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.aws import Environment
from rehearsal.cloudformation.assembly import Assembly, Stack
from rehearsal.cloudformation.state import Event
from rehearsal.report.outcome import RehearsalReport
from rehearsal.report.section import Section
from rehearsal.report.summary import summary
from rehearsal.report.timeline import timeline
from rehearsal.report.verdict import EndStateFinding, Judged

HERE = Environment("123456789012", "eu-west-1")


def resource(kind: str, *needs: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "DependsOn": list(needs), "Properties": properties}


def assembly() -> Assembly:
    network = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Block": resource("AWS::EC2::VPCCidrBlock", "Vpc", CidrBlock="100.64.0.0/16"),
        "Nat": resource("AWS::EC2::NatGateway", "Vpc"),
    }
    cluster = {
        "Cluster": resource("AWS::EKS::Cluster", Name="shop", Version="1.35"),
        "Chart": resource("Custom::AWSCDK-EKS-HelmChart", "Cluster", Release="cilium", Version="1.19.6"),
        "Workers": resource(
            "AWS::EKS::Nodegroup",
            "Chart",
            InstanceTypes=["m6i.large"],
            ScalingConfig={"MinSize": 2, "MaxSize": 6},
        ),
        "Parameter": resource("AWS::SSM::Parameter"),
    }
    stacks = (
        Stack("net", HERE, {"Resources": network}),
        Stack("app", HERE, {"Resources": cluster}, dependencies=("net",)),
    )
    return Assembly(Path("."), stacks, {})


def report(*, failed: bool = False, evil: str = "") -> RehearsalReport:
    """A report; with *failed*, of a chart that failed, and with *evil* in every text of others."""
    played = assembly()
    events = []
    for stack in played.stacks:
        for name, definition in stack.resources.items():
            status = "CREATE_FAILED" if failed and name == "Chart" else "CREATE_COMPLETE"
            if not (failed and name == "Workers"):
                events.append(Event(1.0, stack.name, name, definition["Type"], status))
    made = RehearsalReport(
        timeline(played),
        succeeded=not failed,
        findings=[
            EndStateFinding("every node is Ready by Cilium", not failed, f"2 nodes{evil}", "create"),
            EndStateFinding("nothing is left", True, "the account is as before", "destroy"),
        ],
        notes=[f"chart of Chart: stand-in for 1.19.6{evil}"],
        events=events,
        phases={"create": 9.0, "destroy": 2.0},
        outputs={"app": {"Kubeconfig": f"aws eks update-kubeconfig --name shop{evil}"}},
        stacks=("net", "app"),
        summary=summary(played),
        versions={"moto": "5.0"},
        iam=Judged(
            3, ("reader", "writer"), (f"role reader may not ec2:CreateTags{evil}",) * failed, (f"x{evil}",)
        ),
        sections=[
            Section("Reachability", f"From nodes{evil}", ("From", "To"), (("node", f"API{evil}"),)),
        ],
    )
    if failed:
        made.failures["app/Chart"] = f"timed out waiting{evil}"
    return made

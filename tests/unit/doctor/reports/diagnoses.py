"""A diagnosis with everything that a report can tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis, Result, Verdict
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.reports import Report

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
TITLES = {"nodes": "Nodes", "pods": "Pods and what runs beside Cilium"}


def check(id: str, category: str = "nodes", title: str = "every node is ready") -> Check:
    """A check of a category; the category is the package of its function."""

    def judge(seen: Seen) -> Iterator[Outcome]:
        """A node that is not ready runs no pods."""
        yield from ()

    judge.__module__ = f"checks.{category}.{id.replace('-', '_')}"
    return Check(id, title, (), "pods wait", judge, links=("https://docs.example.com/nodes",))


def evidence(count: int) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"Node ip-10-0-0-{each}", "status.conditions[Ready]", "False", "True")
        for each in range(count)
    )


def finding(severity: Severity = Severity.ERROR, count: int = 7) -> Finding:
    return Finding(
        severity,
        f"{count} of 9 nodes are not ready",
        evidence(count),
        "# Look first.\nkubectl get nodes",
        "cilium/cilium#46513, fixed in 1.19.7",
    )


RESULTS = (
    Result(check("nodes-ready"), Verdict.ERROR, (finding(),), "", ("2 nodes could not be read",)),
    Result(
        check("node-taints", title="no node keeps its taint"),
        Verdict.WARNING,
        (finding(Severity.WARNING, 1),),
    ),
    Result(check("node-images", title="every node has the image"), Verdict.OK, (), "9 nodes"),
    Result(
        check("pods-run", "pods", "every pod runs"), Verdict.UNKNOWN, (), "", ("not allowed to list pods",)
    ),
    Result(check("pods-plan", "pods", "pods are as planned"), Verdict.SKIPPED, (), "needs settings"),
)


def report(*results: Result, **options: object) -> Report:
    """A report of some results, by default of all."""
    diagnosis = Diagnosis(results or RESULTS, ("x: is ignored, and finds nothing",))
    made = Report(diagnosis, "context prod", "settings.yaml", AT, TITLES, notes=("AWS was not asked",))
    return Report(**{**vars(made), **options})

"""Whether a matrix says of every pair what an explanation of the flow says."""

from __future__ import annotations

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix


def assert_pairs_are_as_explained(world: Evaluation) -> None:
    ends = [
        *(Endpoint.pod(workload) for workload in world.inventory.workloads),
        Endpoint.address("203.0.113.9"),
        Endpoint.address("203.0.113.200"),
        Endpoint.fqdn("www.example.com"),
        Endpoint.entity("host"),
        Endpoint.entity("kube-apiserver"),
    ]
    matrix = Matrix(world, ends)
    for source in ends[::2]:
        for destination in ends:
            if source == destination or source.kind == "fqdn":
                continue
            found = matrix.reach(source, destination)
            for port, protocol in ((80, "TCP"), (8080, "TCP"), (53, "UDP"), (8, "ICMP")):
                explanation = world.explain(Flow(source, destination, port, protocol))
                point = (protocol, port)
                ports = ("ports", "limited", "unknown")
                there = [name for name in ports if point in getattr(found, name)]
                if explanation.verdict == "allowed":
                    expected = ["limited" if explanation.limits else "ports"]
                else:
                    expected = ["unknown"] if explanation.verdict == "unknown" else []
                assert there == expected, f"{source} -> {destination} {protocol} {port}"
                if explanation.verdict == "unknown":
                    assert set(explanation.missing) <= set(found.missing)

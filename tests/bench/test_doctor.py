"""The doctor is measured on a generated cluster. Tests do not measure its speed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench import doctor
from bench.contest import BenchmarkError
from bench.doctor import DUMP, LIVE, DoctorCost, DoctorCosts, cost_of, measure
from bench.large_cluster import every_kind, system
from bench.large_cluster.objects import PODS_PER_NODE
from bench.large_cluster.server import LIMIT, Server
from bench.report import examined
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.reader import Read
from cdk_eks_cilium.doctor.readers.live import LiveReader


def test_the_objects_have_the_sizes_of_real_ones() -> None:
    sizes = {
        path.rpartition("/")[2]: [len(json.dumps(each)) for each in objects()]
        for (path, _), objects in every_kind(2).items()
        if "/namespaces/" not in path
    }
    further = len(list(system.system_pods(2)))
    assert len(sizes["pods"]) == 2 * PODS_PER_NODE + further
    assert 2 * PODS_PER_NODE < len(sizes["ciliumendpoints"]) < len(sizes["pods"])
    assert 6_000 < min(sizes["pods"]) <= max(sizes["pods"]) < 12_000
    assert min(sizes["ciliumnodes"]) > 6_000
    assert min(sizes["nodes"]) > 8_000
    assert min(sizes["ciliumendpoints"]) > 1_000


def test_the_server_gives_every_object_in_pages(tmp_path: Path) -> None:
    nodes = LIMIT // PODS_PER_NODE + 1
    server = Server(nodes)
    server.start()
    try:
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(server.kubeconfig()))
        found = LiveReader.of(file).read(kinds.PODS)
        empty = LiveReader.of(file).read(kinds.NETWORK_POLICIES)
        unserved = LiveReader.of(file).read(kinds.NODE_POOLS)
    finally:
        server.stop()
    assert found is not None
    names = {each["metadata"]["name"] for each in found.objects}
    further = len(list(system.system_pods(nodes)))
    assert len(names) == len(found.objects) == nodes * PODS_PER_NODE + further
    assert empty == Read()
    assert unserved == Read(served=False)


@pytest.mark.slow
def test_a_live_cluster_and_a_dump_are_measured() -> None:
    found = measure(2)
    assert list(found.costs) == [LIVE, DUMP]
    for cost in found.costs.values():
        assert min(cost.wall, cost.cpu, cost.mib) > 0
        assert cost.status == 0


def test_a_doctor_that_finds_something_in_a_healthy_cluster_stops_the_benchmark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "cost_of", lambda words: DoctorCost(1.0, 1.0, 1.0, 4 * ("--from" in words)))
    with pytest.raises(BenchmarkError, match=r"^the doctor of a healthy dump: must end with 0, got 4$"):
        measure(1)


def test_a_doctor_that_gives_no_report_stops_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"(?s)^the doctor: exit 2\n.*no such kubeconfig"):
        cost_of(["--kubeconfig", str(tmp_path / "none")])


def test_the_table_has_a_row_for_each_source_beside_the_goals() -> None:
    costs = DoctorCosts(1_000, {LIVE: DoctorCost(9.0, 5.0, 400.0, 0), DUMP: DoctorCost(9.0, 5.0, 501.0, 0)})
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(examined(costs))
    text = console.export_text()
    assert "doctor, 1,000 nodes with 30,000 pods" in text
    rows = {row.split("│")[1].strip(): row for row in text.splitlines() if "│" in row}
    assert "yes" in rows[LIVE]
    assert "no" in rows[DUMP]
    assert json.loads(json.dumps(costs.as_json()))["pods"] == 30_000

"""The benchmark's parts work. Tests do not measure their speed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench import doctor, flows, functions, netpol_analyzer, policies, policy_scale, removal, sweep, where
from bench.contest import BenchmarkError, Contestant, Result, contest, run
from bench.function_cost import Function, FunctionCost, Turn, take_turns
from bench.rendering import Rendering, full, measure, render
from bench.report import Report, function_ratios, ratios
from bench.suites import APPS, BUCKET, OURS, PLAIN, imports, synth
from cdk_eks_cilium.values import CiliumValues

SCALE = policy_scale.Scale(
    {(500, 1_000): (0.5,), (2_000, 2_000): (2.0,)},
    {(500, 1_000): 50.0, (2_000, 2_000): 90.0},
    (2.0,),
    (1.0,),
    (1.0,),
    (2.0,),
    (1.0,),
)


@pytest.fixture(scope="module")
def resources() -> dict[str, int]:
    """How many resources each app synthesizes."""
    return {contestant.name: run(contestant)[1] or 0 for contestant in synth(validation=False)}


def test_each_app_synthesizes(resources: dict[str, int]) -> None:
    assert resources[OURS] > 70
    assert resources[BUCKET] == 1


def test_plain_cdk_makes_as_many_resources_as_our_app(resources: dict[str, int]) -> None:
    """Else the ratio compares different things: bring bench/apps/plain_cdk.py up to date."""
    assert abs(resources[PLAIN] - resources[OURS]) <= 3


def test_plain_cdk_does_not_use_the_library() -> None:
    assert "cdk_eks_cilium" not in APPS[PLAIN].read_text(encoding="utf-8")


def test_validation_is_the_only_difference_between_the_two_contests() -> None:
    for on, off in zip(synth(validation=True), synth(validation=False), strict=True):
        assert (on.name, on.command) == (off.name, off.command)
        assert (dict(on.env), dict(off.env)) == ({}, {"CDK_VALIDATION": "false"})


def test_contestants_take_turns_after_a_first_run_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write(sys.argv[2])"
    contestants = [Contestant(name, (sys.executable, "-c", code, str(log), name)) for name in "ABC"]
    seen: list[str] = []

    results = contest(contestants, 2, on_run=lambda contestant, _: seen.append(contestant.name))

    assert log.read_text() == "ABC" * 3
    assert "".join(seen) == "ABC" * 2
    assert [len(result.seconds) for result in results.values()] == [2, 2, 2]
    assert results["A"].resources is None


def test_a_contestant_that_fails_stops_the_contest_with_its_own_words() -> None:
    broken = Contestant("broken", (sys.executable, "-c", "import sys; sys.exit('no such thing')"))

    with pytest.raises(BenchmarkError, match=r"(?s)^broken: exit 1\n.*no such thing"):
        contest([broken], 1)


def test_every_import_that_is_timed_works() -> None:
    for contestant in imports():
        assert run(contestant)[0] > 0


def test_a_ratio_is_the_median_of_the_ratios_of_each_turn() -> None:
    results = {
        OURS: Result((2.0, 30.0, 6.0)),
        PLAIN: Result((1.0, 10.0, 3.0)),
        BUCKET: Result((0.5, 6.0, 1.0)),
    }

    assert ratios(results) == {f"ours / {PLAIN}": 2.0, f"ours / {BUCKET}": 5.0}


def test_the_report_has_minimum_median_and_maximum() -> None:
    results = {name: Result((1.0, 2.0, 6.0), 7) for name in (OURS, PLAIN, BUCKET)}
    names = (removal.OURS, removal.CDKS, sweep.name(sweep.FEW), sweep.name(sweep.MANY))
    costs = {name: FunctionCost((Turn(0.1, 0.2, 30.0), Turn(0.3, 0.6, 50.0))) for name in names}
    rendering = Rendering((1.0, 2.0, 3.0), (10.0, 40.0, 30.0), "a")
    times: Mapping[int, tuple[float, ...]] = {10: (1.0, 2.0), 100: (2.0, 2.0), 1_000: (3.0, 8.0)}
    growth = policies.Growth(times, times, times, times)
    report = Report(
        "here",
        {"with": results},
        {"python": Result((1.0,))},
        rendering,
        growth,
        flows.FlowSpeed(100, (1.0,), (2.0,), {10: 5.0, 100: 6.0}),
        SCALE,
        netpol_analyzer.Comparison(notes=(netpol_analyzer.MISSING,)),
        costs,
        where.Where(9.0, {}, {}),
        doctor.DoctorCosts(1_000, {doctor.LIVE: doctor.DoctorCost(9.0, 5.0, 400.0, 0)}),
    )
    data = report.as_json()

    assert data["synth"]["with"][OURS] == {"min": 1.0, "median": 2.0, "max": 6.0, "runs": 3, "resources": 7}
    assert data["imports"]["python"] == {"min": 1.0, "median": 1.0, "max": 1.0, "runs": 1}
    assert data["rendering"] == {
        "values_milliseconds": 2.0,
        "helm_template_milliseconds": 30.0,
        "chart": "a",
        "ratio": 0.1,
    }
    assert data["policies"]["first_milliseconds"] == {"10": 1.5, "100": 2.0, "1000": 5.5}
    assert data["policies"]["explain_milliseconds"] == {"10": 1.5, "100": 2.0, "1000": 5.5}
    assert data["policies"]["ratios"]["matrix, 1,000 / 10 policies"] == 3.5
    assert data["flows"]["ratios"] == {"replay / json.loads": 0.5, "memory, 100 / 10 lines": 1.2}
    assert data["policy_scale"]["flows_per_second"] == {"first": 100_000.0, "again": 200_000.0}
    assert data["policy_scale"]["ratios"] == {
        "reading 5,000 policies / PyYAML with libyaml": 0.5,
        "reading and checking 5,000 policies / PyYAML with libyaml": 1.0,
        "all pairs, 2,000 pods with 2,000 policies / 500 pods with 1,000 policies": 4.0,
    }
    assert data["netpol_analyzer"] == {"folders": [], "notes": [netpol_analyzer.MISSING]}
    assert data["functions"][removal.OURS] == {"import_seconds": 0.2, "run_seconds": 0.4, "mib": 40.0}
    assert set(data["functions"]) == {*names, "ratios"}


def test_policies_are_timed_at_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "COUNTS", (5, 20))
    found = policies.measure(1, pods=2 * 200, workloads=10)

    for times in (found.load, found.explain, found.matrix):
        assert list(times) == list(policies.COUNTS)
        assert all(len(turns) == 1 and turns[0] > 0 for turns in times.values())


def test_policies_of_large_clusters_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_scale, "SIZES", ((20, 20), (40, 40)))
    monkeypatch.setattr(policy_scale, "READ", 20)
    monkeypatch.setattr(policy_scale, "FLOWS", 50)
    found = policy_scale.measure(1)

    assert list(found.matrices) == [(20, 20), (40, 40)]
    assert all(each > 0 for each in found.mib.values())
    assert [name for name, _, _ in found.rows()] == [
        "all pairs of 20 pods with 20 policies",
        "all pairs of 40 pods with 40 policies",
        "parse 20 policies with libyaml",
        "read 20 policies",
        "check 20 policies",
        "judge 50 flows",
        "judge 50 flows again",
    ]


def test_functions_are_compared_turn_by_turn() -> None:
    def cost(*runs: float, mib: float = 1.0, start: float = 0.5) -> FunctionCost:
        return FunctionCost(tuple(Turn(start, run, mib) for run in runs))

    costs = {
        removal.OURS: cost(0.5, 1.5, 2.5, mib=30.0),
        removal.CDKS: cost(1.5, 3.5, 11.5, mib=60.0),
        sweep.name(sweep.FEW): cost(2.0, 3.0, 4.0, mib=50.0, start=0.1),
        sweep.name(sweep.MANY): cost(4.0, 30.0, 12.0, mib=60.0, start=0.1),
    }

    assert function_ratios(costs) == {
        "removal, ours / CDK's: import and run": 0.5,
        "removal, ours / CDK's: memory": 0.5,
        "sweep, 2,000 / 50 interfaces: run": 3.0,
        "sweep, 2,000 / 50 interfaces: memory": 1.2,
        "sweep / removal: import": 0.2,
    }


@pytest.mark.slow
def test_all_functions_do_their_work_and_their_costs_are_counted() -> None:
    found = functions.costs(2, few=2, many=5)

    assert list(found) == [
        "aws_node_removal",
        "CDK's kubectl handler",
        "eni_sweep, 2 interfaces",
        "eni_sweep, 5 interfaces",
    ]
    for cost in found.values():
        assert len(cost.turns) == 2
        for turn in cost.turns:
            assert turn.import_seconds > 0
            assert turn.run_seconds > 0
            assert turn.seconds == turn.import_seconds + turn.run_seconds
            assert turn.mib > 5


def test_a_function_that_does_not_do_its_work_stops_the_contest(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): pass\n")
    idle = Function("idle", tmp_path, {}, prepare=lambda: None, undone=lambda: "it is still there")

    with pytest.raises(BenchmarkError, match=r"^idle: it is still there$"):
        take_turns([idle], 1, "http://localhost")


def test_a_function_that_fails_stops_the_contest_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): raise SystemExit('no such thing')\n")
    broken = Function("broken", tmp_path, {}, prepare=lambda: None, undone=lambda: None)

    with pytest.raises(BenchmarkError, match=r"(?s)^broken: exit 1\n.*no such thing"):
        take_turns([broken], 1, "http://localhost")


def test_what_is_rendered_is_a_full_configuration() -> None:
    given = full().model_fields_set
    # The other fields choose another way, or are for other versions or clusters.
    others = {
        "masquerade",
        "policy_enforcement",
        "cluster_network_policies",
        "l7_proxy",
        "prometheus",
        "cluster_id",
        "existing_crds",
        "node_init",
        "profile",
    }

    assert CiliumValues.model_fields.keys() - given <= others
    assert "policyMapMax" in render()


def test_values_and_helm_are_timed_in_the_same_turns() -> None:
    measured = measure(turns=1)

    assert len(measured.values) == len(measured.helm) == 1
    assert measured.ratio == measured.values[0] / measured.helm[0]

"""The command ``upgrade plan``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.dumps import write_kubectl
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World

SETTINGS = Path(__file__).resolve().parents[4] / "settings.yaml"
RUNS = ("--deployed-cilium", "1.18.12", "--deployed-kubernetes", "1.33")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["upgrade", "plan", "--settings", str(SETTINGS), *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)


def test_the_steps_are_listed_before_they_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, *RUNS, "--to", "1.20.0", "--kubernetes", "1.34")
    assert status == 0
    assert out.splitlines()[:4] == [
        "Cilium 1.18.12, Kubernetes 1.33 -> Cilium 1.20.0, Kubernetes 1.34: 3 steps",
        "  1. Cilium 1.18.12 -> 1.19.6",
        "  2. Cilium 1.19.6 -> 1.20.0",
        "  3. Kubernetes 1.33 -> 1.34",
    ]
    assert '  kubernetes_version: "1.34"' in out
    assert "aws eks list-insights --cluster-name platform" in out


def test_by_default_the_settings_are_the_goal(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, *RUNS, "--json")
    assert json.loads(out)["goal"] == {"cilium": "1.19.6", "kubernetes": "1.35"}


def test_what_runs_already_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "--deployed-cilium", "1.19.6", "--deployed-kubernetes", "1.35")
    assert (status, out) == (0, "Cilium 1.19.6, Kubernetes 1.35 is what runs: there is nothing to do\n")


def test_a_goal_that_nothing_leads_to_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, *RUNS, "--kubernetes", "1.32")
    assert status == 2
    assert "--kubernetes: must not be older than what runs, 1.33, got '1.32'" in err


def test_an_unknown_release_names_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, *RUNS, "--to", "1.19.99.1")
    assert status == 2
    assert "--to: must be" in err


def agents(world: World, *releases: str) -> None:
    """Let the agents run these releases, one each."""
    for number, release in enumerate(releases):
        pod = world.one(kinds.PODS, f"cilium-{number}")
        image = f"quay.io/cilium/cilium:v{release}@sha256:01"
        pod["status"]["containerStatuses"] = [{"name": "cilium-agent", "image": image}]


def test_a_dump_tells_what_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = healthy()
    agents(world, "1.19.6", "1.19.6", "1.19.6")
    write_kubectl(tmp_path / "dump", world)
    status, out, _ = call(capsys, "--from", str(tmp_path / "dump"), "--to", "1.20.0", "--json")
    assert status == 0
    assert json.loads(out)["deployed"] == {
        "cilium": "1.19.6",
        "kubernetes": "1.35",
        "kubelets": ["1.35"],
        "agents": ["1.19.6"],
    }


def test_a_roll_out_that_has_not_ended_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    agents(world, "1.18.12", "1.19.6", "1.19.6")
    write_kubectl(tmp_path / "dump", world)
    status, out, _ = call(capsys, "--from", str(tmp_path / "dump"), "--to", "1.20.0")
    assert status == 1
    assert "cilium: must run one release on every node, got 1.18.12 and 1.19.6; end the roll-out first" in out


def test_a_dump_that_does_not_tell_is_refused_with_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    world.all(kinds.DAEMON_SETS).clear()
    write_kubectl(tmp_path / "dump", world)
    with pytest.raises(SystemExit) as ended:
        call(capsys, "--from", str(tmp_path / "dump"))
    assert ended.value.code == 2
    assert "give --deployed-cilium and --deployed-kubernetes" in capsys.readouterr().err


def test_a_cluster_that_cannot_be_reached_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "t"}}
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [cluster],
                "contexts": [context],
                "users": [user],
            }
        )
    )
    status, _, err = call(capsys, "--kubeconfig", str(config))
    assert status == 3
    assert "127.0.0.1" in err


def test_half_of_what_runs_is_not_enough(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call(capsys, "--deployed-cilium", "1.19.6")
    assert "--deployed-cilium and --deployed-kubernetes go together" in capsys.readouterr().err

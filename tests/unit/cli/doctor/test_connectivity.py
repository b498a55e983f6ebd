"""``doctor connectivity`` with a stand-in for the Cilium CLI."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.doctor.connectivity import download, release_for
from cdk_eks_cilium.doctor.connectivity.known import explanation
from cdk_eks_cilium.doctor.connectivity.outcome import TestResult
from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World, thing

AGENT = "quay.io/cilium/cilium:v1.19.6@sha256:5b2e"

# The form of writeJunit in cilium-cli/connectivity/check/context.go.
RESULTS = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" disabled="1" failures="2" time="61">
  <testsuite name="connectivity test" package="cilium" tests="4" failures="2" skipped="1" time="61">
    <testcase name="no-policies" classname="connectivity test" status="passed" time="50.5"></testcase>
    <testcase name="egress-gateway" classname="connectivity test" status="skipped" time="0">
      <skipped message="egress-gateway skipped"></skipped>
    </testcase>
    <testcase name="to-fqdns" classname="connectivity test" status="failed" time="10">
      <failure message="to-fqdns failed" type="failure">to-fqdns/pod-to-world/http-to-one-0: a -> b
to-fqdns/pod-to-world/http-to-one.one.one.one-1: a -> b</failure>
    </testcase>
    <testcase name="own" classname="connectivity test" status="failed" time="0.5">
      <failure message="own failed" type="failure">own/x: a -> b</failure>
    </testcase>
  </testsuite>
</testsuites>
"""

Cli = Callable[..., Path]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Puts a program on PATH that notes its arguments, prints, and writes results beside the named file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def make(
        results: str = RESULTS, output: str = "running", version: str = "v0.19.5", status: int = 0
    ) -> Path:
        (tmp_path / "results").write_text(results)
        program = folder / "cilium"
        program.write_text(
            "#!/bin/sh\n"
            f'if [ "$1" = version ]; then echo "cilium-cli: {version} compiled with go1.25"; exit; fi\n'
            f'printf "%s\\n" "$@" > "{tmp_path}/arguments"\n'
            f'echo "{output}"\n'
            'while [ $# -gt 0 ]; do if [ "$1" = --junit-file ]; then file=$2; fi; shift; done\n'
            # The CLI writes the namespace of the tests before the name.
            f'[ -s "{tmp_path}/results" ] && '
            f'cp "{tmp_path}/results" "$(dirname "$file")/cilium-test-1-$(basename "$file")"\n'
            f"exit {status}\n"
        )
        program.chmod(0o755)
        return tmp_path / "arguments"

    return make


def world() -> World:
    """The healthy world, whose agents say what they are."""
    found = healthy()
    for pod in found.things[kinds.PODS]:
        if pod["metadata"]["labels"].get("k8s-app") == "cilium":
            pod["status"]["containerStatuses"] = [{"name": "cilium-agent", "ready": True, "image": AGENT}]
    return found


def test_results_are_summed_up_and_failures_explained(
    serve_world: Callable[[World], Path], cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    arguments = cli(status=1)
    assert main(["doctor", "connectivity", "--", "--external-target", "example.org"]) == 1
    shown = capsys.readouterr()
    assert "Connectivity: 1 passed, 2 failed, 1 skipped" in shown.out
    assert "it needs the internet from pods: one.one.one.one" in shown.out
    assert "nothing is known of it" in shown.out
    assert "running" in shown.err
    words = arguments.read_text().splitlines()
    assert words[:4] == ["--namespace", "kube-system", "connectivity", "test"]
    assert words[-2:] == ["--external-target", "example.org"]
    assert "--single-node" not in words


def test_json_has_each_test_with_its_explanation(
    serve_world: Callable[[World], Path], cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    cli(status=1)
    assert main(["doctor", "connectivity", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["passed"], found["failed"], found["skipped"]) == (1, 2, 1)
    assert [each["name"] for each in found["tests"] if each["explanation"]] == ["to-fqdns"]


def test_one_node_that_takes_pods_is_a_single_node(
    serve_world: Callable[[World], Path], cli: Cli, tmp_path: Path
) -> None:
    changed = world()
    for node in changed.all(kinds.NODES)[1:]:
        node["spec"]["taints"] = [{"key": "dedicated", "effect": "NoSchedule"}]
    serve_world(changed)
    arguments = cli(RESULTS.replace("<failure", "<skipped").replace("</failure", "</skipped"))
    kept = tmp_path / "kept.xml"
    command = ["doctor", "connectivity", "--no-internet", "--test", "no-policies", "--junit-file", str(kept)]
    assert main(command) == 0
    words = arguments.read_text().splitlines()
    assert "--single-node" in words
    tests = [value for flag, value in itertools.pairwise(words) if flag == "--test"]
    assert tests == ["no-policies", "!/pod-to-world", "!/pod-to-cidr", "!to-fqdns", "!client-egress-l7"]
    assert "no-policies" in kept.read_text()


def test_a_suite_that_could_not_begin_says_why(
    serve_world: Callable[[World], Path], cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = world()
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    changed.things[kinds.NAMESPACES].append(
        thing(kinds.NAMESPACES, "cilium-test-1", metadata={"labels": labels})
    )
    serve_world(changed)
    cli("", output="Error creating: pods is forbidden: violates PodSecurity baseline:latest", status=1)
    assert main(["doctor", "connectivity"]) == 3
    told = capsys.readouterr().err
    assert "namespace cilium-test-1 enforces 'baseline'" in told
    assert "the tests could not begin: labels of the namespace keep the pods of the tests out" in told


def test_an_old_cli_is_told(
    serve_world: Callable[[World], Path], cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    cli(version="v0.14.8", status=1)
    main(["doctor", "connectivity"])
    assert "the Cilium CLI is v0.14.8; for Cilium 1.19.6 take v0.19.5" in capsys.readouterr().err


def test_without_the_cli_it_says_how_to_get_it_and_what_to_run(
    serve_world: Callable[[World], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["doctor", "connectivity"]) == 3
    shown = capsys.readouterr().out
    assert "The Cilium CLI is not on PATH. Get v0.19.5 for Cilium 1.19.6:" in shown
    assert "./cilium --namespace kube-system connectivity test --junit-file results.xml" in shown


def test_a_dry_run_prints_the_call(
    serve_world: Callable[[World], Path], cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    arguments = cli()
    assert main(["doctor", "connectivity", "--dry-run", "--context", "here"]) == 0
    assert "--context here --namespace kube-system connectivity test" in capsys.readouterr().out
    assert not arguments.exists()


@pytest.mark.parametrize(
    ("cilium", "cli"),
    [
        ("1.20.0", "v0.19.5"),
        ("1.16.19", "v0.19.5"),
        ("1.15.19", "v0.16.10"),
        ("1.14.19", "v0.15.22"),
        ("1.13.18", "v0.14.8"),
        ("1.12.1", "v0.14.8"),
        ("", "v0.19.5"),
    ],
)
def test_each_release_of_cilium_has_its_cli(cilium: str, cli: str) -> None:
    assert release_for(cilium).name == cli


def test_the_download_is_of_this_machine_with_its_checksum() -> None:
    lines = download(release_for("1.19.6"), "Darwin", "arm64")
    assert lines[0].endswith("/v0.19.5/cilium-darwin-arm64.tar.gz")
    assert "sha256sum --check cilium-darwin-arm64.tar.gz.sha256sum" in lines


@pytest.mark.parametrize(
    ("name", "action", "words"),
    [
        ("check-log-errors", "", "an error that is over"),
        ("no-unexpected-packet-drops", "", "since the agents started"),
        ("allow-all-except-world", "allow-all-except-world/pod-to-host/ping-ipv4-external-ip", "ExternalIP"),
        ("no-policies-extra", "no-policies-extra/pod-to-remote-nodeport/curl-0", "30000-32767"),
    ],
)
def test_known_failures_have_an_explanation_with_its_source(name: str, action: str, words: str) -> None:
    found = explanation(TestResult(name, "failed", 1.0, (action,)))
    assert words in found
    assert "https://github.com/cilium/" in found


def test_a_cli_that_is_not_there_is_a_wrong_call(
    serve_world: Callable[[World], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_world(world())
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "connectivity", "--cli", str(tmp_path / "none")])
    assert ended.value.code == 2
    assert "cannot be run: no such file or directory" in capsys.readouterr().err

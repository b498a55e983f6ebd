"""``doctor``: what it examines, how it reports, and its exit statuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.doctor import call
from cdk_eks_cilium.cli.examining import answering
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.finding import Fine, Outcome
from cdk_eks_cilium.doctor.engine.seen import Seen
from tests.unit.cli.doctor.small_clusters import SmallCluster

ONE = ("--only", "aws-node-runs")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SmallCluster]:
    with SmallCluster().running(tmp_path, "prod") as made:
        yield made


@pytest.fixture(autouse=True)
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Called:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def doctor(cluster: SmallCluster, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, only: tuple[str, ...] = ONE) -> Called:
        status = main(["doctor", "--kubeconfig", str(cluster.kubeconfig), *only, *words])
        said = capsys.readouterr()
        return Called(status, said.out, said.err)

    return run


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *words])
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1].removeprefix("cdk-eks-cilium doctor: error: ")


def test_a_good_cluster_ends_with_0_and_says_so(doctor: Any) -> None:
    found = doctor()
    assert (found.status, found.err) == (0, "")
    assert found.out == (
        "aws-node and kube-proxy\n"
        "  ✓ ok       aws-node runs on no node: the DaemonSet is not there [aws-node-runs]\n"
        "\n"
        "context prod: all is well; 1 check: 1 ok\n"
    )


def test_a_finding_ends_with_1(doctor: Any, cluster: SmallCluster) -> None:
    cluster.break_it()
    found = doctor()
    assert found.status == 1
    assert "  ✗ error    aws-node runs on 1 of 1 nodes [aws-node-runs]\n" in found.out


def test_what_is_not_allowed_is_unknown_and_ends_with_4(doctor: Any, cluster: SmallCluster) -> None:
    cluster.status = 403
    found = doctor()
    assert found.status == 4
    assert (
        "why:   not allowed to list daemonsets.apps (403): 'cdk-eks-cilium doctor role' prints" in found.out
    )
    assert found.out.endswith("context prod: not everything is known; 1 check: 1 unknown\n")


def test_an_unknown_caller_ends_with_3(doctor: Any, cluster: SmallCluster) -> None:
    cluster.status = 401
    found = doctor()
    assert (found.status, found.out) == (3, "")
    assert found.err == (
        "the current context: the API does not know these credentials (401): log in again, or check the "
        "context\n"
    )


def test_a_cluster_that_is_not_there_ends_with_3(
    cluster: SmallCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    text = cluster.kubeconfig.read_text()
    config = json.loads(text)
    config["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{port}"
    cluster.kubeconfig.write_text(json.dumps(config))
    assert main(["doctor", "--kubeconfig", str(cluster.kubeconfig), "--context", "prod"]) == 3
    assert (
        capsys.readouterr().err
        == f"context prod: nothing answers at 127.0.0.1:{port}: is the address right?\n"
    )


def test_the_token_is_nowhere(doctor: Any, cluster: SmallCluster) -> None:
    for status in (200, 401, 403, 409):
        cluster.status = status
        for form in ("text", "json", "sarif", "junit"):
            found = doctor("--format", form)
            assert "s3cret" not in found.out + found.err


@pytest.mark.parametrize(
    ("form", "begins"),
    [("json", '{\n  "version": 1,'), ("sarif", '{\n  "$schema"'), ("junit", "<?xml version")],
)
def test_other_forms_leave_the_summary_to_standard_error(doctor: Any, form: str, begins: str) -> None:
    found = doctor("--format", form)
    assert found.out.startswith(begins)
    assert found.err == "context prod: all is well; 1 check: 1 ok\n"


def test_json_has_a_short_name(doctor: Any) -> None:
    assert json.loads(doctor("--json").out)["subject"] == "context prod"


def test_a_report_goes_to_a_file(doctor: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    found = doctor("--format", "junit", "--output", str(file))
    assert (found.status, found.out) == (0, "")
    assert found.err == "context prod: all is well; 1 check: 1 ok\n"
    assert file.read_text().startswith("<?xml version")


def test_a_terminal_without_these_characters_gets_others(
    cluster: SmallCluster, doctor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_can_show", lambda _: False)
    assert "  + ok       aws-node runs" in doctor().out


def test_a_terminal_gets_colours_unless_somebody_wants_none(
    doctor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in doctor().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m✓ ok\x1b[0m" in doctor().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in doctor().out


def test_an_accepted_finding_is_skipped_with_its_reason(doctor: Any, cluster: SmallCluster) -> None:
    cluster.break_it()
    found = doctor("--ignore", "aws-node-runs=we migrate@2999-01-31")
    assert found.status == 0
    assert "ignored: we migrate, until 2999-01-31 [aws-node-runs]" in found.out
    late = doctor("--ignore", "aws-node-runs=we migrate@2020-01-31")
    assert late.status == 1
    assert "note: aws-node-runs: no longer ignored, it was until 2020-01-31: we migrate" in late.out


def of_subnets() -> Check:
    def judge(seen: Seen) -> Iterator[Outcome]:
        """Needs subnets."""
        yield Fine(f"{len(seen.list(aws_kinds.SUBNETS))} subnets")

    judge.__module__ = "checks.account.subnets"
    return Check("subnets", "there are subnets", (aws_kinds.SUBNETS,), "nothing starts", judge)


@pytest.fixture
def two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One check of the cluster, and one of its account."""
    one = next(each for each in all_checks() if each.id == "aws-node-runs")
    monkeypatch.setattr(call, "all_checks", lambda: (one, of_subnets()))


def test_checks_can_be_left_out(doctor: Any, cluster: SmallCluster, two_checks: None) -> None:
    cluster.break_it()
    found = doctor("--json", "--skip", "aws_node", "--no-aws", only=())
    assert [each["id"] for each in json.loads(found.out)["checks"]] == ["subnets"]
    both = doctor("--json", "--no-aws", only=("--only", "aws_node", "--only", "subnets"))
    assert [each["id"] for each in json.loads(both.out)["checks"]] == ["aws-node-runs", "subnets"]


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (["--no-aws"], "AWS was not asked (--no-aws)"),
        ([], "AWS was not asked: it needs credentials: log in, or name a profile with --profile"),
    ],
)
def test_without_aws_its_checks_are_skipped_with_a_note(
    doctor: Any, two_checks: None, words: list[str], note: str
) -> None:
    found = doctor(*words, only=())
    assert found.status == 0
    assert "- skipped  whether there are subnets: ec2:DescribeSubnets is not among what is read" in found.out
    assert f"note: {note}\n" in found.out


@pytest.mark.parametrize(
    ("words", "key", "expected"),
    [
        ((), None, "AWS needs credentials: log in, or name a profile with --profile"),
        ((), "AKIDEXAMPLE", "AWS needs the cluster's name: give it with --cluster"),
        (
            ("--profile", "x"),
            None,
            "AWS needs a session: the AWS profile does not exist: correct --profile or",
        ),
    ],
)
def test_aws_that_somebody_asks_for_must_have_what_it_needs(
    cluster: SmallCluster,
    two_checks: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    key: str | None,
    expected: str,
) -> None:
    if key:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    found = refusal(capsys, "--kubeconfig", str(cluster.kubeconfig), "--aws", *words)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--only", "aws-node-run"], "--only: unknown check or category 'aws-node-run'; did you mean"),
        (["--skip", "zzz"], "--skip: unknown check or category 'zzz'; --list lists all"),
        (["--only", "aws-node-runs", "--skip", "aws_node"], "--only and --skip leave no check"),
        (["--ignore", "x"], "argument --ignore: must be ID=REASON or ID=REASON@YYYY-MM-DD"),
        (
            ["--ignore", "x=y@soon"],
            "argument --ignore: must end with a day as YYYY-MM-DD after @, got 'soon'",
        ),
        (["--timeout", "5"], "--timeout and --count go with --wait"),
        (["--count", "2"], "--timeout and --count go with --wait"),
        (["--wait", "--count", "0"], "argument --count: must be a number from 1 on, got '0'"),
        (["--wait", "--from", "/tmp"], "--wait goes with a live cluster: a dump stays as it is"),
        (["--from", "/nowhere"], "--from: no such folder: /nowhere"),
        (["--from", "/tmp", "--context", "x"], "--from goes with neither --context nor --kubeconfig"),
        (["--settings", "/nowhere.yaml"], "--settings: no such file: /nowhere.yaml"),
        (
            ["--kubeconfig", "/nowhere"],
            "no such kubeconfig: /nowhere; write one with 'aws eks update-kubeconfig",
        ),
    ],
)
def test_a_wrong_call_is_told(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, *words).startswith(expected)


def test_settings_of_another_cluster_are_refused(
    cluster: SmallCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads(cluster.kubeconfig.read_text())
    name = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
    config["clusters"][0]["name"] = config["contexts"][0]["context"]["cluster"] = name
    cluster.kubeconfig.write_text(json.dumps(config))
    settings = tmp_path / "settings.yaml"
    settings.write_text("name: test\n")
    words = ("--kubeconfig", str(cluster.kubeconfig), "--settings", str(settings))
    assert refusal(capsys, *words) == "--settings: of the cluster 'test', and the context is of 'prod'"


def test_the_list_names_what_each_check_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--list", *ONE]) == 0
    assert capsys.readouterr().out == (
        "aws-node and kube-proxy (aws_node)\n"
        "  aws-node-runs: aws-node runs on no node\n"
        "      reads daemonsets, nodes\n"
    )
    assert main(["doctor", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in listed] == [each.id for each in all_checks()]


def test_it_waits_for_several_good_passes_in_a_row(
    doctor: Any, cluster: SmallCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.break_it()
    passes: list[int] = []

    def pause(_: float) -> None:
        passes.append(1)
        if len(passes) == 2:
            cluster.mend_it()

    monkeypatch.setattr("cdk_eks_cilium.cli.doctor.waiting.time.sleep", pause)
    found = doctor("--wait", "--count", "2")
    assert found.status == 0
    assert found.err.splitlines() == ["waiting for aws-node-runs (error)"] * 2 + ["good, 1 of 2 in a row"]


def test_waiting_ends_with_what_is_wrong_in_the_end(doctor: Any, cluster: SmallCluster) -> None:
    cluster.break_it()
    found = doctor("--wait", "--timeout", "1")
    assert found.status == 1
    assert found.err == "gave up after 1 seconds\n"
    assert "aws-node runs on 1 of 1 nodes" in found.out


def test_waiting_also_waits_for_the_cluster_itself(
    doctor: Any, cluster: SmallCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.status = 401
    pause = "cdk_eks_cilium.cli.doctor.waiting.time.sleep"
    monkeypatch.setattr(pause, lambda _: setattr(cluster, "status", 200))
    found = doctor("--wait")
    assert found.status == 0
    assert found.err.startswith("waiting for the cluster: the API does not know these credentials (401)")
    cluster.status = 401
    assert doctor("--wait", "--timeout", "1").status == 3


@pytest.mark.parametrize("answers", [0, 1], ids=["at once", "after its version"])
def test_ctrl_c_ends_at_once_while_an_api_hangs(cluster: SmallCluster, answers: int) -> None:
    cluster.hangs_after = answers
    words = ["doctor", "--kubeconfig", str(cluster.kubeconfig), *ONE]
    with subprocess.Popen(
        [sys.executable, "-m", "cdk_eks_cilium", *words], stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert cluster.hanging.wait(60)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert time.monotonic() - began < 50  # the server hangs for 60
    assert (process.returncode, said) == (130, "interrupted\n")


def test_progress_is_for_terminals_alone(
    doctor: Any, cluster: SmallCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = doctor().err
    assert "\r\x1b[Kreaching the cluster" in shown
    assert "\r\x1b[Kread 2 of 2: " in shown
    assert shown.endswith("\r\x1b[K")

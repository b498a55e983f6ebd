"""The program: its list of commands, wrong calls, pipes, and what it imports."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cdk_eks_cilium import __version__
from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.main import COMMANDS, module_of

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("aws_cdk", "jsii", "constructs", "networkx", "boto3", "botocore", "moto", "rich", "kubernetes")

_WORLD = {
    "pods": """
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {}}
---
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}, spec: {}}
""",
    "policies": """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: shut, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}
""",
}


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module_with_a_description(name: str) -> None:
    module = import_module(module_of(name), "cdk_eks_cilium.cli")
    assert module.run.__doc__.strip().endswith(".")
    module.declare(argparse.ArgumentParser())


def test_options_may_stand_between_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("pods", "policies"):
        (tmp_path / f"{name}.yaml").write_text(_WORLD[name])
    pods, policies = (str(tmp_path / f"{name}.yaml") for name in _WORLD)
    assert main(["policy", "matrix", pods, "--json", policies]) == 0
    assert [each["source"] for each in json.loads(capsys.readouterr().out)] == ["shop/web"]


def test_the_program_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"cdk-eks-cilium {__version__}\n")


@pytest.mark.parametrize("words", [["--help"], ["policy", "--help"], ["settings", "--help"]])
def test_help_lists_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    group = words[0] if len(words) > 1 else ""
    for name, what in COMMANDS.items():
        if name.rpartition(" ")[0] == group:
            assert f"{name.rpartition(' ')[2]} {what}" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "cdk-eks-cilium: error: the following arguments are required: COMMAND"),
        (["policy"], "cdk-eks-cilium policy: error: the following arguments are required: COMMAND"),
        (["vaules"], "cdk-eks-cilium: error: argument COMMAND: invalid choice: 'vaules'"),
        (["policy", "chekc"], "cdk-eks-cilium policy: error: argument COMMAND: invalid choice: 'chekc'"),
        (["--", "values"], "cdk-eks-cilium: error: "),
        (["values", "--nope"], "cdk-eks-cilium values: error: unrecognized arguments: --nope"),
    ],
)
def test_a_wrong_call_ends_with_2(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(expected)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("values",),
        ("values", "--diff", "1.18.12", "1.19.6", "--json"),
        ("settings", "check", "settings.yaml"),
        ("settings", "schema"),
        ("plan", "--json"),
        ("policy", "check", "examples/policies"),
        ("policy", "draw", "--json", "examples/policies"),
    ],
    ids=" ".join,
)
def test_a_command_imports_nothing_that_it_does_not_need(words: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom cdk_eks_cilium.cli import main\n"
        f"try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = python(code, *words)
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_list_of_commands_imports_no_command() -> None:
    code = (
        "import sys\nfrom cdk_eks_cilium.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "own = ('cdk_eks_cilium', 'pydantic', 'yaml')\n"
        "print(sorted(name for name in sys.modules if name.startswith(own)))"
    )
    assert python(code).stdout.splitlines()[-1] == str(
        ["cdk_eks_cilium", "cdk_eks_cilium.cli", "cdk_eks_cilium.cli.main"]
    )


def test_a_closed_standard_output_is_not_an_error() -> None:
    command = [sys.executable, "-m", "cdk_eks_cilium", "settings", "schema"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        expected = process.stderr.read()
    assert (process.returncode, expected) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        ["settings", "schema"],
        ["values"],
        ["completion", "bash"],
        ["--help"],
        ["--version"],
        ["plan", "--help"],
    ],
    ids=" ".join,
)
def test_a_standard_output_that_is_full_is_refused(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise argparse itself would meet the error, and keep it to itself.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cdk_eks_cilium", *words],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "1 problem\n  standard output: must take the output: no space left on device [CEK7005]\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_standard_error_that_is_full_changes_no_exit_status() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cdk_eks_cilium", "settings", "check", "missing.yaml"],
            stderr=full,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "constructs"},
        )
    assert done.returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        ["settings", "check", "missing.yaml"],
        ["settings", "check", "."],
        ["values", "--settings", "missing.yaml"],
        ["values", "--settings", "."],
        ["values", "--cilium", "1.9"],
        ["plan", "--settings", "missing.yaml"],
        ["plan", "--svg", "missing/plan.svg"],
        ["instances", "--from-json", "missing.json"],
        ["instances", "--show", "m6i.nano"],
        ["policy", "check", "missing.yaml"],
        ["policy", "check", "policy.yaml", "missing.yaml"],
        ["policy", "check", "--settings", "missing.yaml"],
        ["policy", "convert", "missing.yaml"],
        ["policy", "draw", "missing.yaml"],
        ["policy", "matrix", "missing.yaml"],
        ["policy", "explain", "--from", "a/b", "--to", "c/d", "missing.yaml"],
        ["settings", "init", "policy.yaml"],
        ["settings", "import", "missing.yaml", "--cilium", "1.18.4"],
        ["settings", "check", "/dev/zero"],
        ["settings", "import", "/dev/zero", "--cilium", "1.18.4"],
        ["policy", "check", "/dev/zero"],
        ["instances", "--from-json", "/dev/zero"],
        ["rehearse", "--json", "cdk.out"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_read_or_written_ends_with_2(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text("{")
    try:
        status = main(words)
    except SystemExit as ended:
        status = ended.code  # type: ignore[assignment]
    assert status == 2


@pytest.mark.parametrize(
    "words",
    [
        ["settings", "check", "wrong.yaml"],
        ["values", "--settings", "wrong.yaml"],
        ["plan", "--settings", "wrong.yaml"],
        ["policy", "check", "wrong.yaml"],
        ["policy", "check", "--settings", "wrong.yaml"],
        ["settings", "check", "lost.yaml"],
    ],
    ids=" ".join,
)
def test_what_is_wrong_in_a_file_ends_with_1(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text("{")
    Path("lost.yaml").write_text("tenants: [{namespace: shop, policies: [missing.yaml]}]")

    assert main(words) == 1


def test_ctrl_c_ends_without_a_traceback(tmp_path: Path) -> None:
    waiting = tmp_path / "settings.yaml"
    os.mkfifo(waiting)
    command = [sys.executable, "-m", "cdk_eks_cilium", "settings", "check", str(waiting)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        with open(waiting, "w"):  # returns when the command reads
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "interrupted\n")


def test_the_rehearsal_of_a_clone_gets_all_words(tmp_path: Path) -> None:
    (tmp_path / "rehearsal").mkdir()
    (tmp_path / "rehearsal/__main__.py").write_text("import sys; print(sys.argv[1:]); sys.exit(3)")
    done = subprocess.run(
        [sys.executable, "-m", "cdk_eks_cilium", "rehearse", "cdk.out", "--help", "--fail", "X"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "constructs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "['cdk.out', '--help', '--fail', 'X']\n")


def test_without_a_clone_the_rehearsal_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["rehearse", "cdk.out"])
    assert "the rehearsal is in the repository, not in the package: clone it" in capsys.readouterr().err

"""Completion of commands and options, in the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.cli.main import COMMANDS

# What bash does on Tab: it sets these variables, calls the function, and reads the replies.
_TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_cdk_eks_cilium
echo "${COMPREPLY[*]}"
"""
TABS = [
    ("p", "plan policy preflight"),
    ("policy ", "check convert draw diff explain exposure matrix replay suggest test"),
    ("policy ch", "check"),
    ("settings check --f", "--for-deploy"),
    ("settings check settings.yaml --j", "--json"),
    ("policy check --enforcement ", "default always never"),
    ("policy check --enforcement al", "always"),
    ("completion z", "zsh"),
    ("doctor r", "role"),
    ("doctor --kub", "--kubeconfig"),
    ("doctor --wait --f", "--from --fail-on --format"),
    ("doctor --format j", "json junit"),
    ("doctor role --m", "--metrics"),
]


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Path:
    assert main(["completion", request.param]) == 0
    file = tmp_path / "script"
    file.write_text(capsys.readouterr().out)
    return file


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(("typed", "offered"), TABS)
def test_bash_completes_commands_options_and_choices(script: Path, typed: str, offered: str) -> None:
    words = ["cdk-eks-cilium", *typed.split(" ")]
    done = subprocess.run(
        ["bash", "-c", _TAB, "bash", str(script), *words], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == offered


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize("typed", ["values --settings ", "policy check examp"])
def test_where_bash_offers_nothing_it_completes_files(script: Path, typed: str) -> None:
    words = ["cdk-eks-cilium", *typed.split(" ")]
    done = subprocess.run(
        ["bash", "-c", f"{_TAB}complete -p cdk-eks-cilium", "bash", str(script), *words],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["", "complete -o default -F _cdk_eks_cilium cdk-eks-cilium"]


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(("typed", "offered"), TABS)
def test_fish_completes_commands_options_and_choices(script: Path, typed: str, offered: str) -> None:
    code = f"source {script}; complete -C 'cdk-eks-cilium {typed}'"
    done = subprocess.run(["fish", "-c", code], capture_output=True, text=True, check=True)

    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == set(offered.split())


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_takes_the_script(script: Path) -> None:
    code = f"source {script}; echo $_comps[cdk-eks-cilium]"
    done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "_bash_complete -o default -F _cdk_eks_cilium"


@pytest.mark.parametrize("script", ["bash", "fish", "zsh"], indirect=True)
def test_every_command_is_completed(script: Path) -> None:
    text = script.read_text()
    for name in COMMANDS:
        assert f"'{name} '*)" in text or f"-a {name.split()[-1]} " in text

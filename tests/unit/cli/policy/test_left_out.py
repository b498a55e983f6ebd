"""What a command says of input that it left out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

WORLD = Path(__file__).with_name("world.yaml")
OTHER = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
WRONG = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: wrong}\n"
    "spec: {endpointSelector: {}, ingres: []}\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.yaml").write_text(WORLD.read_text())
    return tmp_path


def test_other_documents_are_a_note_and_change_no_status(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.yaml").write_text(OTHER)

    assert main(["policy", "matrix", "."]) == 0
    assert capsys.readouterr().err == "left out: 1 document of kind Kustomization, in other.yaml\n"


@pytest.mark.parametrize("command", ["matrix", "check", "draw", "explain"])
def test_a_wrong_policy_is_named_and_the_answer_is_given(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wrong.yaml").write_text(WRONG)
    sides = ["--from", "gitlab/runner", "--to", "fqdn:gitlab.com:443"] if command == "explain" else []

    assert main(["policy", command, "--json", *sides, "."]) == 1
    printed = capsys.readouterr()
    assert (
        "left out, answers may differ: wrong.yaml line 1: CiliumNetworkPolicy wrong: spec.ingres"
        in printed.err
    )
    data = json.loads(printed.out)
    if isinstance(data, dict):
        assert [(each["where"], each["reason"]) for each in data["leftOut"]] == [
            ("wrong.yaml line 1: CiliumNetworkPolicy wrong", "unread")
        ]


def test_a_check_counts_what_it_left_out_as_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "wrong.yaml").write_text(WRONG)

    assert main(["policy", "check", "."]) == 1
    assert "1 wrong document left out" in capsys.readouterr().err.splitlines()[-1]


def test_without_a_policy_that_could_be_read_the_errors_are_all_there_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wrong.yaml").write_text(WRONG)

    assert main(["policy", "check", "wrong.yaml"]) == 1
    assert [line.strip().partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "1 problem",
        "wrong.yaml line 1",
    ]


def test_without_a_policy_it_is_said_what_was_there(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a: 1\n---\nkind: ConfigMap\n")))

    assert main(["policy", "check", "-"]) == 1
    assert capsys.readouterr().err == (
        "1 problem\n  standard input: must contain a policy of Cilium beside what was left out (1 document "
        "other than objects of Kubernetes, in standard input; 1 document of kind ConfigMap, in standard "
        "input); also name the files with the policies [CEK7016]\n"
    )


def test_templates_alone_are_to_be_rendered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.yaml").write_text("{{ if x }}\nkind: CiliumNetworkPolicy\n{{ end }}\n")

    assert main(["policy", "check", "a.yaml"]) == 1
    assert "must contain a policy of Cilium; render the templates first" in capsys.readouterr().err


def test_a_dash_is_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WORLD.read_bytes())))

    assert main(["policy", "matrix", "-"]) == 0
    assert capsys.readouterr().err == ""


def test_converting_leaves_out_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    good = f"{head}metadata: {{name: a}}\nspec: {{podSelector: {{}}}}\n"
    (folder / "a.yaml").write_text(f"{good}---\n{good.replace('podSelector', 'podSelectors')}")

    assert main(["policy", "convert", "a.yaml"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("apiVersion: cilium.io/v2")
    assert "left out, answers may differ: a.yaml line 6: NetworkPolicy a: spec.podSelectors" in printed.err

"""The guide to policies under review and the README's workflow: what they say of diff, test and exposure."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.cli import main
from tests.docs.blocks import ROOT, blocks_of

GUIDE = ROOT / "docs/policy-review.md"
OPENING = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: everyone, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]
"""


def block(path: Path, info: str) -> str:
    (found,) = (each.text for each in blocks_of(path) if each.info == info)
    return found


def git(folder: Path, *words: str) -> None:
    person = [word for name in ("user.name", "user.email") for word in ("-c", f"{name}=a@b.example")]
    subprocess.run(["git", "-C", str(folder), *person, *words], check=True, capture_output=True)


@pytest.fixture
def pull_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clone of a repository whose branch main has the example policies, as a workflow has it."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    shutil.copytree(ROOT / "examples/policies", origin / "policies")
    shutil.copy(ROOT / "examples/expectations/shop.yaml", origin / "expectations.yaml")
    git(origin, "init", "--quiet", "--initial-branch", "main")
    git(origin, "add", "-A")
    git(origin, "commit", "--quiet", "-m", "policies")
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    monkeypatch.chdir(clone)
    return clone


def steps() -> Iterator[dict[str, Any]]:
    workflow = yaml.safe_load(block(ROOT / "README.md", "yaml pipeline"))
    for step in workflow["jobs"]["policies"]["steps"]:
        if step.get("run", "").startswith("cdk-eks-cilium "):
            yield step


def statuses() -> list[int]:
    """How the steps of the workflow end."""
    return [main(shlex.split(step["run"].partition(" >> ")[0])[1:]) for step in steps()]


def test_the_workflow_lets_a_change_through_that_opens_nothing(
    pull_request: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(pull_request, "commit", "--quiet", "--allow-empty", "-m", "nothing")
    assert statuses() == [0, 0, 0, 0]
    assert "### Network policies: nothing changes\n" in capsys.readouterr().out
    assert (pull_request / "expectations.xml").is_file()


def test_the_workflow_stops_a_change_that_opens_something(
    pull_request: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pull_request / "policies/everyone.yaml").write_text(OPENING)
    git(pull_request, "add", "-A")
    git(pull_request, "commit", "--quiet", "-m", "open")
    assert statuses() == [0, 0, 1, 1]
    printed = capsys.readouterr().out
    assert "fails         only the API reaches the database: expected denied, 1 of 4 are not\n" in printed
    assert "| **+ opens** | `world` | `shop/db` | `TCP 5432` | `denied`<br>" in printed
    (gate,) = [step for step in steps() if "--fail-on" in step["run"]]
    assert "'opens'" in gate["if"], "a label lets it through"


def test_the_workflow_runs_again_when_a_label_changes() -> None:
    """Without types it runs for new commits alone.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
    """
    # YAML 1.1 reads the key "on" as true.
    types = yaml.safe_load(block(ROOT / "README.md", "yaml pipeline"))[True]["pull_request"]["types"]
    assert {"opened", "synchronize", "reopened", "labeled", "unlabeled"} == set(types)


def test_no_step_of_the_workflow_hides_what_the_others_find() -> None:
    first, *others = steps()
    assert "--markdown" in first["run"]
    assert [step["if"].partition(" && ")[0] for step in others] == ["!cancelled()"] * len(others)


def test_the_shown_expectations_are_of_the_example_file() -> None:
    shown = yaml.safe_load(block(GUIDE, "yaml expectations"))["expectations"]
    whole = yaml.safe_load((ROOT / "examples/expectations/shop.yaml").read_text())["expectations"]
    assert shown
    assert all(each in whole for each in shown)


NODE_PORT = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
"""


def test_the_shown_expectation_of_a_service_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown, service = tmp_path / "shown.yaml", tmp_path / "service.yaml"
    shown.write_text(block(GUIDE, "yaml services"), encoding="utf-8")
    service.write_text(NODE_PORT, encoding="utf-8")
    assert main(["policy", "test", str(shown), str(ROOT / "examples/policies"), str(service)]) == 0
    name = "node ports lead nobody from outside into the shop"
    assert capsys.readouterr().out.startswith(f"holds         {name} (")


@pytest.mark.parametrize(
    ("command", "title"), [("diff", "What a change does"), ("test", "Expectations"), ("exposure", "Exposure")]
)
def test_the_guide_names_options_that_exist(command: str, title: str) -> None:
    section = GUIDE.read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ")[0]
    parser = argparse.ArgumentParser()
    import_module(f"cdk_eks_cilium.cli.policy.{command}").declare(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section))
    assert named
    assert named <= known


def test_the_guide_names_the_fields_of_expectations() -> None:
    from cdk_eks_cilium.policy_analysis.expectations import Expectation, TargetPattern

    section = GUIDE.read_text(encoding="utf-8").split("\n## Expectations\n", 1)[1].split("\n## ")[0]
    fields = {**Expectation.model_fields, **TargetPattern.model_fields}
    names = {info.alias or name for name, info in fields.items()} - {"name"}
    assert [name for name in sorted(names) if f"`{name}`" not in section] == []

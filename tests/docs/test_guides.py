"""What the guides claim of the app, compared with the app."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from typing import Any

import pytest

from cdk_eks_cilium.addressing import NodeAddressing, find
from cdk_eks_cilium.addressing.endpoint_services import NEEDED_SERVICES
from cdk_eks_cilium.policy import load_policies, read_files
from cdk_eks_cilium.policy_analysis import inventory
from cdk_eks_cilium.policy_analysis.lint import lint
from cdk_eks_cilium.values import CiliumValues, operator_actions
from cdk_eks_cilium.versions import CiliumVersion
from scripts.synthesis import variant
from tests.docs.blocks import ROOT, blocks_of, documents

RECOMMENDED = ROOT / "node_modules/aws-cdk/lib/init-templates/.recommended-feature-flags.json"


@cache
def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def flags() -> dict[str, Any]:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return context


def recommended() -> dict[str, Any]:
    if not RECOMMENDED.is_file():
        pytest.skip("the CDK CLI is not installed; `make setup` does it")
    values: dict[str, Any] = json.loads(RECOMMENDED.read_text(encoding="utf-8"))
    return values


def rows(section: str) -> list[list[str]]:
    """The cells of the tables in a section of docs/feature-flags.md, without their heads."""
    text = guide("feature-flags.md").split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_every_flag_that_is_named_exists() -> None:
    named = set(re.findall(r"`(@aws-cdk/[^`]+)`", guide("feature-flags.md")))
    assert len(named) > 10
    assert named <= flags().keys()


def test_the_flags_have_the_values_that_the_guide_says() -> None:
    for flag, value, _ in rows("Those that matter to this app"):
        assert flags()[flag] == json.loads(value), flag
    for flag, was, value, _ in rows("Two that differ"):
        assert flags()[flag] == json.loads(value), flag
        assert recommended()[flag] == json.loads(was), flag


def test_every_value_that_is_not_the_recommended_one_is_explained() -> None:
    different = {flag for flag, value in recommended().items() if flags().get(flag) != value}
    assert different == {flag for flag, *_ in rows("Two that differ")}
    assert flags().keys() == recommended().keys()


def test_every_value_that_is_not_true_is_named() -> None:
    unusual = {flag for flag, value in flags().items() if value is not True}
    assert unusual <= set(re.findall(r"`(@aws-cdk/[^`]+)`", guide("feature-flags.md")))


def operator_statements() -> list[dict[str, Any]]:
    resources = variant("{}").cluster["Resources"]
    (policy,) = (r for name, r in resources.items() if "OperatorRolePolicy" in name)
    statements: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_every_statement_of_the_operator_is_explained() -> None:
    explained = re.findall(r"^\| `([A-Za-z]+)` \|", guide("security.md"), re.M)
    assert explained == [statement["Sid"] for statement in operator_statements()]


def test_every_managed_policy_is_explained() -> None:
    found = set(re.findall(r":iam::aws:policy/(?:service-role/)?(\w+)", json.dumps(variant("{}").cluster)))
    # The guide mentions the handler's policy for public registries without its name.
    named = found - {"AmazonElasticContainerRegistryPublicReadOnly"}
    assert len(named) > 4
    assert not [policy for policy in named if policy not in guide("security.md")]


def test_every_acknowledged_rule_of_cdk_nag_is_in_the_guide() -> None:
    sources = [*(ROOT / "constructs").rglob("*.py"), *(ROOT / "stacks").glob("*.py")]
    rules = {
        rule for path in sources for rule in re.findall(r"AwsSolutions-[A-Z]+\d+", path.read_text("utf-8"))
    }
    listed = set(re.findall(r"^\| (AwsSolutions-[A-Z]+\d+)", guide("security.md"), re.M))
    assert rules == listed


def test_every_endpoint_and_who_calls_it_is_in_the_guide() -> None:
    rows = "".join(line for line in guide("private.md").splitlines() if line.startswith("| `"))
    assert not [service for service in (*NEEDED_SERVICES, "s3") if f"`{service}`" not in rows]


def test_the_pods_of_a_node_are_those_of_the_guide() -> None:
    instance = find("m6i.large")
    of_eks = instance.enis * (instance.ipv4_per_eni - 1) + 2
    assert f"| Pods of an m6i.large | {of_eks} | {NodeAddressing().pods(instance)} |" in guide(
        "eks-defaults.md"
    )


def test_the_article_and_today_have_as_many_actions_as_the_guide_says() -> None:
    numbers = {12: "twelve", 13: "thirteen"}
    article = operator_actions(CiliumValues(profile="article"), CiliumVersion.ARTICLE)
    today = operator_actions(CiliumValues(), CiliumVersion.DEFAULT)
    shown = f"| {numbers[len(article)]} EC2 actions on `*` | {numbers[len(today)]}, with conditions"
    assert shown in guide("from-the-article.md")


def test_the_steps_of_the_guide_to_policies_are_the_files_that_its_pictures_are_drawn_from() -> None:
    shown = [
        block.text for block in blocks_of(ROOT / "docs/policies.md") if block.text.startswith("apiVersion")
    ]
    files = sorted((ROOT / "examples/policies").glob("[0-9]-*.yaml"))
    assert shown == [file.read_text(encoding="utf-8") for file in files]
    named = re.findall(r"\(policies-(\d)\.svg\)", guide("policies.md"))
    assert named == [file.name[0] for file in files]


def test_the_example_policies_have_nothing_to_find() -> None:
    documents = read_files([ROOT / "examples/policies"])
    assert not lint(load_policies(documents), inventory(documents))


def test_decisions_are_numbered_without_a_gap_and_say_what_was_decided() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    for number, page in enumerate(pages, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert "\n## Consequence" in text
        assert all(f"\n## {part}\n" in text for part in ("Situation", "Decision"))
        assert len(text.splitlines()) <= 60, "a decision is a page"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_prose_fit_and_end_without_blanks(path: Any) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        loose = line.lstrip().startswith(("|", "  ok", "ok ", "#")) or "](" in line
        assert loose or len(line) <= 115, line
        assert line == line.rstrip(), line


def test_the_readme_is_a_front_door() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 150
    assert any("Nothing here has run against AWS yet" in line for line in lines[:15])


def test_the_index_of_packages_shows_a_readme_without_links_that_lead_nowhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for each in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    assert "![" not in text
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert "Learn: quickstart, network policies step by step" in text

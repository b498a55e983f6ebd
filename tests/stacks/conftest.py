"""Synthesize each environment once a session; CDK's own validation runs in `test_app` alone."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import aws_cdk as cdk  # noqa: E402

from app import build, context  # noqa: E402
from cdk_eks_cilium.settings import load  # noqa: E402
from tests.settings_files import with_chart  # noqa: E402
from tests.small_apps import TEMPLATES_ONLY  # noqa: E402

SETTINGS = {
    "default": ROOT / "settings.yaml",
    "article": ROOT / "examples/article/settings.yaml",
    "existing-vpc": ROOT / "tests/stacks/settings/existing-vpc.yaml",
    "never-install": ROOT / "tests/stacks/settings/never-install.yaml",
    "patch": ROOT / "tests/stacks/settings/patch.yaml",
    "pod-egress": ROOT / "tests/stacks/settings/pod-egress.yaml",
    "on-premises": ROOT / "tests/stacks/settings/on-premises.yaml",
    "isolated": ROOT / "tests/stacks/settings/isolated.yaml",
    "shared-vpc": ROOT / "tests/stacks/settings/shared-vpc.yaml",
    "node-groups": ROOT / "tests/stacks/settings/node-groups.yaml",
    "tenants": ROOT / "tests/stacks/settings/tenants.yaml",
    "kept": ROOT / "tests/stacks/settings/kept.yaml",
}


class Templates:
    """The templates of one environment, as plain data; without tenants their template is empty."""

    def __init__(
        self, network: dict[str, Any], cluster: dict[str, Any], tenants: dict[str, Any] | None = None
    ) -> None:
        self.network = network
        self.cluster = cluster
        self.tenants = tenants or {"Resources": {}}

    def of_type(self, kind: str, stack: str = "cluster") -> dict[str, dict[str, Any]]:
        """The resources of a type by logical id."""
        resources = getattr(self, stack)["Resources"]
        return {name: resource for name, resource in resources.items() if resource["Type"] == kind}

    def only(self, kind: str, stack: str = "cluster", contains: str = "") -> tuple[str, dict[str, Any]]:
        """The one resource of a type whose logical id contains a text, with its properties."""
        found = [(n, r["Properties"]) for n, r in self.of_type(kind, stack).items() if contains in n]
        assert len(found) == 1, f"{len(found)} {kind} with {contains!r}"
        return found[0]


@cache
def _synthesize(path: Path) -> Templates:
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    with tempfile.TemporaryDirectory() as folder:
        stacks = build(app, load(with_chart(path, Path(folder))))
        assembly = app.synth()
    return Templates(
        *(
            json.loads(Path(assembly.get_stack_by_name(stack.stack_name).template_full_path).read_text())
            for stack in stacks
            if stack is not None
        )
    )


@pytest.fixture(scope="session")
def synthesize() -> Callable[[str], Templates]:
    """Templates of an environment by its name in `SETTINGS`."""
    return lambda name: _synthesize(SETTINGS[name])


@pytest.fixture(scope="session")
def default(synthesize: Callable[[str], Templates]) -> Templates:
    """Templates of settings.yaml."""
    return synthesize("default")


@pytest.fixture(scope="session")
def article(synthesize: Callable[[str], Templates]) -> Templates:
    """Templates of the article's profile."""
    return synthesize("article")


def flat(value: Any) -> str:
    """A template value as one text: joins joined, references as ``<name>``."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        function, argument = next(iter(value.items()))
        if function == "Fn::Join":
            return str(argument[0]).join(flat(part) for part in argument[1])
        if function == "Ref":
            return f"<{argument}>"
        if function == "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        if function == "Fn::ImportValue":
            return f"<{argument}>"
        if function == "Fn::Select":
            return f"<{argument[0]} of {flat(argument[1])}>"
        if function == "Fn::Split":
            return f"{flat(argument[1])} at {argument[0]}"
        if function == "Fn::Base64":
            return flat(argument)
    return json.dumps(value, sort_keys=True)

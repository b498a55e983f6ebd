"""Synthesize settings in this process, for the pictures and tables of the documentation."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app import build, context  # names Node.js to jsii, so it comes before aws_cdk

# isort: split
import aws_cdk as cdk

from cdk_eks_cilium.settings import Settings, load, parse


@dataclass(frozen=True)
class Templates:
    """The two templates of one environment, and whether the cluster's stack waits for the network's."""

    network: dict[str, Any]
    cluster: dict[str, Any]
    stacks_ordered: bool

    def of(self, stack: str) -> dict[str, Any]:
        """The template of ``network`` or ``cluster``."""
        return self.network if stack == "network" else self.cluster


def synthesize(settings: Settings) -> Templates:
    """The templates of *settings*."""
    with tempfile.TemporaryDirectory() as outdir:
        app = cdk.App(
            context={
                **context(),
                "aws:cdk:disable-asset-staging": True,
                # Warnings about old releases matter only to people who deploy them.
                "@aws-cdk/core:annotationsInValidationReport": False,
            },
            outdir=outdir,
            builtin_cloud_formation_validation=False,
        )
        network, cluster, _ = build(app, settings)
        assembly = app.synth()
        first, second = (assembly.get_stack_by_name(stack.stack_name) for stack in (network, cluster))
        templates = [json.loads(Path(stack.template_full_path).read_text()) for stack in (first, second)]
        ordered = network.stack_name in [stack.stack_name for stack in cluster.dependencies]
    return Templates(templates[0], templates[1], ordered)


@cache
def variant(text: str) -> Templates:
    """The templates of settings given as JSON, made once."""
    return synthesize(parse(json.loads(text)))


def assembly(path: Path, outdir: Path, *, validate: bool = False) -> Path:
    """The cloud assembly of a settings file, assets included.

    Args:
        path: The settings.
        outdir: The folder of the assembly.
        validate: Whether CDK's own validation judges it, as it does when `app.py` runs.

    Returns:
        That folder.
    """
    app = cdk.App(context=context(), outdir=str(outdir), builtin_cloud_formation_validation=validate)
    build(app, load(path))
    app.synth()
    return outdir

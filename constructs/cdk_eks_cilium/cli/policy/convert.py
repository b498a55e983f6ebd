"""``policy convert``: NetworkPolicies of Kubernetes as CiliumNetworkPolicies that mean the same."""

from __future__ import annotations

import argparse

from cdk_eks_cilium.cli.answer import Answer
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.policy_analysis.convert import as_yaml
from cdk_eks_cilium.policy_analysis.reading import read_conversions, read_sources
from cdk_eks_cilium.problems import InputError, Problem

from . import files


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_json(parser)
    files.add_files(
        parser, "YAML with NetworkPolicies (other objects are left out), or a folder", settings=False
    )


def run(options: argparse.Namespace) -> Answer:
    """Print the NetworkPolicies in the files as CiliumNetworkPolicies with the same meaning.

    Comments name places where a plain copy of the text would mean something else.
    """
    reading = read_sources(options.files)
    converted, wrong = read_conversions(reading.documents, files.version_of(options))
    left_out = (*reading.left_out, *wrong)
    if not converted:
        names = ", ".join(map(str, options.files))
        missing = Problem(names, "must contain a NetworkPolicy of Kubernetes", id="CEK7012")
        raise InputError([each.problem for each in left_out if each.problem] or [missing])
    data = [{"policy": one.policy.manifest(), "remarks": list(one.remarks)} for one in converted]
    left = [document.where for document in reading.documents if document.kind != "NetworkPolicy"]
    notes = [f"left out, because they are not NetworkPolicies: {', '.join(left)}"] if left else []
    return files.told(Answer(data, map(as_yaml, [converted]), notes=notes), left_out)

"""``policy convert``: NetworkPolicies of Kubernetes as CiliumNetworkPolicies that mean the same."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from cdk_eks_cilium.policy.documents import read_files
from cdk_eks_cilium.policy_analysis.convert import as_yaml, convert_documents
from cdk_eks_cilium.problems import InputError, Problem

from . import files


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert",
        help="turn NetworkPolicies into CiliumNetworkPolicies that mean the same",
        description="Print the NetworkPolicies in the files as CiliumNetworkPolicies with the same meaning. "
        "Comments say where a plain copy of the text would have meant something else.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    files.add_files(
        parser, "YAML with NetworkPolicies, other objects are left out; or a folder", settings=False
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Serve the command.

    Raises:
        InputError: If the files cannot be used, or have no NetworkPolicy.
    """
    found = read_files(options.files)
    converted = convert_documents(found, files.version_of(options))
    if not converted:
        names = ", ".join(map(str, options.files))
        raise InputError([Problem(names, "must have a NetworkPolicy of Kubernetes in it")])
    if options.json:
        data = [{"policy": one.policy.manifest(), "remarks": list(one.remarks)} for one in converted]
        print(json.dumps(data, indent=2))
    else:
        print(as_yaml(converted), end="")
    left = [document.where for document in found if document.kind != "NetworkPolicy"]
    if left:
        print(f"left out, for they are no NetworkPolicies: {', '.join(left)}", file=sys.stderr)
    return 0

"""The files that a command is about, and the cluster that they are for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_eks_cilium.policy import documents
from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.evaluation import Evaluation
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy.workloads import Inventory, inventory
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion


@dataclass(frozen=True)
class Given:
    """What the files of a call say.

    Attributes:
        documents: Everything in them.
        policies: The policies.
        inventory: What the policies are about.
        version: The release of Cilium that they are for.
    """

    documents: Sequence[Document]
    policies: Sequence[Policy]
    inventory: Inventory
    version: CiliumVersion


def add_files(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the files and the version to a command's parser."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=what)
    parser.add_argument(
        "--cilium",
        metavar="X.Y.Z",
        help=f"the release of Cilium that the policies are for (default: {CiliumVersion.DEFAULT})",
    )


def add_enforcement(parser: argparse.ArgumentParser) -> None:
    """Add what the agents do about pods that no policy selects."""
    parser.add_argument(
        "--enforcement",
        choices=("default", "always", "never"),
        default="default",
        help="the policy enforcement mode of the agents (default: default, which leaves pods open that no "
        "policy selects)",
    )


def read(options: argparse.Namespace) -> Given:
    """Read the files of a call.

    Raises:
        InputError: For everything wrong in them.
    """
    version = version_of(options)
    found = documents.read_files(options.files)
    return Given(found, documents.load_policies(found, version), inventory(found), version)


def version_of(options: argparse.Namespace) -> CiliumVersion:
    """The release that a call is about.

    Raises:
        InputError: If there is none such.
    """
    return CiliumVersion.of(options.cilium, where="--cilium") if options.cilium else CiliumVersion.DEFAULT


def evaluation_of(options: argparse.Namespace, given: Given) -> Evaluation:
    """The policies, ready to be asked.

    Raises:
        InputError: If there is no policy.
    """
    need_policies(options, given)
    return Evaluation(given.policies, given.inventory, version=given.version, enforcement=options.enforcement)


def need_policies(options: argparse.Namespace, given: Given) -> None:
    """Refuse a call without a policy.

    Raises:
        InputError: If there is none.
    """
    if not given.policies:
        names = ", ".join(map(str, options.files))
        fix = "name the files with the policies, too"
        raise InputError([Problem(names, "must have a policy of Cilium in it", fix=fix)])

"""``doctor role``: the rights that the doctor needs, and no others."""

from __future__ import annotations

import argparse
import json

from cdk_eks_cilium.cli.answer import Answer, UsageError
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.readers.rights import NAME, iam_policy, manifests

from .choosing import chosen


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--group", default=NAME, help="the Kubernetes group to bind to (default: %(default)s)"
    )
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="also allow pods/proxy, which reads metrics, and reaches every port of these pods",
    )
    parser.add_argument("--aws", action="store_true", help="print the IAM policy instead")
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID|CATEGORY", help="the rights of these checks alone"
    )
    parser.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="ID|CATEGORY",
        help="without the rights of these checks",
    )
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """Print the roles of Kubernetes, or the IAM policy, that let the doctor read.

    They are made from what the checks read, for `kubectl apply -f -`. An access entry of EKS puts a
    principal into the group.
    """
    if options.aws and options.metrics:
        raise UsageError("--metrics goes with the role of Kubernetes, not with --aws")
    checks = chosen(all_checks(), options.only, options.skip)
    readings = dict.fromkeys(reading for each in checks for reading in each.reads)
    if options.aws:
        policy = iam_policy(readings)
        return Answer(policy, [json.dumps(policy, indent=2) + "\n"])
    made = manifests(readings, options.group, metrics=options.metrics)
    import yaml

    return Answer(made, [yaml.safe_dump_all(made, sort_keys=False, explicit_start=True)])

"""``preflight role``: the rights that preflight needs, and no others."""

from __future__ import annotations

import argparse
import json

from cdk_eks_cilium.cli.answer import Answer
from cdk_eks_cilium.cli.examining.choosing import chosen
from cdk_eks_cilium.cli.frame import add_json
from cdk_eks_cilium.doctor.checks import preflight_checks
from cdk_eks_cilium.doctor.engine.account_kinds import CHANGE_SETS
from cdk_eks_cilium.doctor.readers.before import FURTHER
from cdk_eks_cilium.doctor.readers.rights import change_set_statements, iam_policy


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--change-set", action="store_true", help="also allow what --change-set does")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="of this check alone")
    parser.add_argument("--skip", action="append", default=[], metavar="ID", help="without this check")
    add_json(parser)


def run(options: argparse.Namespace) -> Answer:
    """Print the IAM policy that lets preflight read.

    It is made from what the checks read. Where a right is missing, the checks that need it are unknown, and
    name the action.
    """
    checks = chosen(preflight_checks(), options.only, options.skip)
    readings = dict.fromkeys(reading for each in checks for reading in each.reads if reading != CHANGE_SETS)
    policy = iam_policy(readings, FURTHER, "ReadBeforeADeploy")
    if options.change_set:
        policy["Statement"] += change_set_statements()
    return Answer(policy, [json.dumps(policy, indent=2) + "\n"])

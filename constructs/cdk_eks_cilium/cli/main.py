"""Which command is meant, and what becomes of an error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from cdk_eks_cilium.problems import InputError

from . import instances_command, plan_command, policy, values_command

FINDINGS: Final = 1
USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one call.

    Args:
        arguments: Words after the program's name. By default those that it was called with.

    Returns:
        0 if all is well, 1 for findings; argparse ends with 2 for a call that cannot be served.
    """
    parser = argparse.ArgumentParser(
        prog="cdk-eks-cilium", description="Cilium on EKS, before it is deployed."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    values_command.add_to(commands)
    plan_command.add_to(commands)
    instances_command.add_to(commands)
    policy.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does.
        sys.stderr.close()
        return 0
    return status

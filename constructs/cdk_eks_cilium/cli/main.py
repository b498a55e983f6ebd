"""The choice of the command.

A command is the module with its name: ``policy check`` is ``policy/check.py``. A call imports only the module
of its command, so that ``--help`` is fast.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

from cdk_eks_cilium import __version__

PROGRAM: Final = "cdk-eks-cilium"

COMMANDS: Final = {
    "settings check": "list everything that is wrong in a settings file",
    "settings schema": "print the JSON Schema of settings files",
    "settings init": "begin a settings file, with a comment on each key",
    "settings import": "write settings for the Helm values of a cluster that exists",
    "values": "print the Helm values that a deployment installs",
    "plan": "show what the nodes take of the pod subnets, and whether it fits",
    "upgrade plan": "list the steps to a newer Cilium and Kubernetes, from what is deployed",
    "migrate plan": "list the commands that move pods from old nodes to new ones, and what stops a drain",
    "migrate check": "list the connections that open or close while pods move from aws-node to Cilium",
    "instances": "write a file of instance facts from EC2",
    "policy check": "list what is wrong or misleading in policies",
    "policy convert": "turn NetworkPolicies into CiliumNetworkPolicies that mean the same",
    "policy draw": "draw who may talk to whom",
    "policy diff": "list who may reach whom that could not before, and the reverse",
    "policy explain": "tell whether one side may reach another, and why",
    "policy exposure": "say what others may reach in a workload or tenant, and what it may reach",
    "policy matrix": "list who may reach whom",
    "policy replay": "say what policies would do to flows that Hubble recorded",
    "policy suggest": "write the least policies that allow what Hubble recorded",
    "policy test": "hold what must and must not be possible against policies",
    "doctor": "say what is right and wrong with a live cluster, or with a dump of one",
    "doctor status": "show nodes with interfaces, prefixes and agents, and what is free in subnets of pods",
    "doctor collect": "write a dump of a cluster, for somebody who has no access to it",
    "doctor connectivity": "run Cilium's own connectivity test, with the options that the cluster needs",
    "doctor hubble-ui": "open the Hubble UI of a cluster in the browser",
    "doctor role": "print the rights that the doctor needs, and no others",
    "preflight": "say whether an account takes a deploy, before it",
    "preflight role": "print the rights that preflight needs, and no others",
    "rehearse": "play a deployment on this machine, in a clone of the repository",
    "completion": "print the completion of these words for a shell",
}
"""Every command with what it does, in the order of the help."""

GROUPS: Final = {
    "settings": "check, describe, begin and import settings files",
    "upgrade": "plan upgrades of Cilium and Kubernetes together",
    "migrate": "see what a migration from aws-node changes, without a cluster",
    "policy": "check, convert, draw and explain network policies in YAML files, without a cluster",
    "doctor": COMMANDS["doctor"],
    "preflight": COMMANDS["preflight"],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one call.

    Args:
        arguments: Words after the program's name. By default the words of the call.

    Returns:
        0 if all is well, 1 for findings, 2 for files that cannot be read or written, 130 after Ctrl-C.
        argparse ends with 2 for an invalid call.
    """
    try:
        return _serve(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        from .answer import INTERRUPTED
        from .output import tell

        tell("interrupted")
        return INTERRUPTED
    except SystemExit:
        try:
            sys.stdout.flush()  # a help, which is not written yet
        except OSError as error:
            return _without_output(error)
        raise


def _without_output(error: OSError) -> int:
    from cdk_eks_cilium.problems import CallError

    from .frame import give_up, status_of
    from .output import tell

    try:
        give_up(error)
    except CallError as refused:
        tell(str(refused))
        return status_of(refused)
    return 0


def module_of(name: str) -> str:
    """The module of a command, from this package."""
    return f".{name.replace(' ', '.').replace('-', '_')}"


def _serve(words: list[str]) -> int:
    for count in (2, 1):  # "doctor role" before "doctor"
        name = " ".join(words[:count])
        if name in COMMANDS:
            from .frame import serve

            module: Any = import_module(module_of(name), __package__)
            return serve(module, f"{PROGRAM} {name}", words[count:])
    return _help(words)


def _help(words: Sequence[str]) -> NoReturn:
    """List the commands, or refuse words that do not begin with a command."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Cilium on EKS, before and after it is deployed."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    top = parser.add_subparsers(required=True, metavar="COMMAND")
    parsers: dict[str, argparse.ArgumentParser] = {}
    below: dict[str, Any] = {}
    for name, what in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        if group and group not in below:
            if group not in parsers:
                parsers[group] = top.add_parser(
                    group, help=GROUPS[group], description=f"{GROUPS[group].capitalize()}."
                )
            below[group] = parsers[group].add_subparsers(required=True, metavar="COMMAND")
        parsers[name] = below.get(group, top).add_parser(own, help=what)
    parser.parse_args(words)
    parser.error("the command comes first")

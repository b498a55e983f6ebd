"""The two sides of a comparison: their policies, and what their files leave out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cdk_eks_cilium.policy.cluster_policies import not_enforced
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.policy_analysis.difference import PolicyState
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.policy_analysis.reading import LeftOut, notes
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

from . import files
from .compared_trees import ComparedTrees


@dataclass(frozen=True)
class NamedState:
    """One side with its name.

    Attributes:
        name: What the call compares: a folder, a revision, a release.
        state: Its policies.
        left_out: What of its files is not in them.
        remarks: What was taken for granted, in words.
        prefix: What the names of its files begin with: a revision, or a folder.
    """

    name: str
    state: PolicyState
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or taken for granted, and why, in words."""
        return (*notes(self.left_out), *self.remarks)


def notes_of(old: NamedState, new: NamedState) -> list[str]:
    """What was left out of both sides or taken for granted, in words.

    A note of both sides stands once, without what the names of their files begin with.
    """
    plain = [
        {each: each.replace(side.prefix, "") if side.prefix else each for each in side.notes}
        for side in (old, new)
    ]
    both = {*plain[0].values()} & {*plain[1].values()}
    return [*dict.fromkeys(text if text in both else note for said in plain for note, text in said.items())]


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """Add the options that name two sides."""
    parser.add_argument(
        "--git",
        metavar="OLD..NEW",
        help="compare two revisions of the repository, of FILES or of everything in this folder; OLD...NEW "
        "begins where NEW left OLD, as a pull request does, and OLD alone ends with the working tree",
    )
    parser.add_argument("--to-cilium", metavar="X.Y.Z", help="the release of the new side, if it is another")
    parser.add_argument(
        "--to-enforcement",
        choices=("default", "always", "never"),
        help="the policy enforcement mode of the new side, if it is another",
    )
    parser.add_argument(
        "--to-settings", type=Path, metavar="FILE", help="the settings of the new side, if they are others"
    )
    parser.add_argument(
        "--both",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a file or folder that both sides have, such as the pods",
    )


def read_sides(options: argparse.Namespace) -> tuple[NamedState, NamedState]:
    """Read both sides of a comparison.

    Raises:
        InputError: For everything wrong in the files.
        UsageError: If the call does not name two sides.
    """
    trees = ComparedTrees()
    with trees:
        sides = trees.sides(options, _later(options))
        try:
            given = [
                (side, files.read_set([*side.paths, *options.both], side.options, lenient=True))
                for side in sides
            ]
        except InputError as error:
            raise type(error)(trees.named(one) for one in error.problems) from None
    if not any(each.policies for _, each in given):
        where = files.named(options.files) or "the files"
        rule = "must contain a policy of Cilium on one side at least"
        templates = any(one.reason == "template" for _, each in given for one in each.left_out)
        fix = "render the templates first" if templates else "name files with the policies"
        raise InputError([Problem(where, rule, fix=fix, id="CEK7111")])
    old, new = (
        NamedState(
            side.name,
            state_of(each),
            tuple(map(trees.told, each.left_out)),
            () if not_enforced(each.version, each.tiers) else tuple(each.remarks),
            side.prefix,
        )
        for side, each in given
    )
    return _named(old, new)


def _later(options: argparse.Namespace) -> argparse.Namespace:
    """The options of the new side."""
    if options.to_cilium:
        CiliumVersion.of(options.to_cilium, where="--to-cilium")
    return argparse.Namespace(
        **{
            **vars(options),
            "cilium": options.to_cilium or options.cilium,
            "enforcement": options.to_enforcement or options.enforcement,
            "settings": options.to_settings or options.settings,
        }
    )


def state_of(given: files.Given) -> PolicyState:
    """What was read, without the policies that the release refuses: agents do not enforce these."""
    refused: dict[int, str] = {}
    ignored = not_enforced(given.version, given.tiers)
    for place, policy in enumerate(given.policies):
        if ignored and isinstance(policy, KubernetesClusterNetworkPolicy):
            refused[place] = f"{policy.written_as} {policy.name}: {ignored}"
        elif not isinstance(policy, EndpointView):
            problems = problems_for(policy, given.version)
            if problems:
                refused[place] = "; ".join(str(each) for each in problems)
    kept = [one for place, one in enumerate(given.policies) if place not in refused]
    return PolicyState(kept, given.inventory, given.version, given.enforcement, tuple(refused.values()))


def _named(old: NamedState, new: NamedState) -> tuple[NamedState, NamedState]:
    """The sides with what tells them apart in their names."""
    words: dict[bool, list[str]] = {False: [], True: []}
    if old.state.version != new.state.version:
        words[False].append(f"Cilium {old.state.version}")
        words[True].append(f"Cilium {new.state.version}")
    if old.state.enforcement != new.state.enforcement:
        words[False].append(f"enforcement {old.state.enforcement}")
        words[True].append(f"enforcement {new.state.enforcement}")
    return (
        replace(old, name=_joined(old.name, words[False]) or "before"),
        replace(new, name=_joined(new.name, words[True]) or "after"),
    )


def _joined(name: str, words: Sequence[str]) -> str:
    together = ", ".join(words)
    return f"{name} ({together})" if name and together else name or together


def state_as_json(side: NamedState) -> dict[str, Any]:
    """A side as plain data."""
    state = side.state
    return {
        "name": side.name,
        "cilium": str(state.version),
        "enforcement": state.enforcement,
        "policies": len(state.policies),
        "workloads": len(state.workloads),
        "refused": list(state.refused),
        "leftOut": [each.as_json() for each in side.left_out],
    }

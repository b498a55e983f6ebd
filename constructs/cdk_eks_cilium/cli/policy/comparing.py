"""The two sides of a comparison, as a call names them: folders, revisions, or releases of Cilium."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from cdk_eks_cilium.cli.answer import UsageError
from cdk_eks_cilium.policy.cluster_policies import not_enforced
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.policy_analysis.difference import PolicyState
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.policy_analysis.reading import LeftOut, notes
from cdk_eks_cilium.problems import CallError, InputError, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

from . import files
from .revisions import CheckedOut, Repository

_OTHER: Final = ("to_cilium", "to_enforcement", "to_settings")
_REVISION: Final = "git:"


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
    trees = _Trees()
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


class _Side(NamedTuple):
    """A side that a call names: its files and its options, and what the names of the files begin with."""

    name: str
    paths: list[Path]
    options: argparse.Namespace
    prefix: str = ""


class _Trees(ExitStack):
    """The files of both sides; files of revisions are there until the end."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}

    def named(self, problem: Problem) -> Problem:
        """A problem with revisions in place of folders that are gone afterwards."""
        for folder, name in self._names.items():
            where, rule = problem.where.replace(folder, name), problem.rule.replace(folder, name)
            problem = replace(problem, where=where, rule=rule)
        return problem

    def told(self, left_out: LeftOut) -> LeftOut:
        """What was left out, with revisions in place of folders."""
        file, where, problem = left_out.file, left_out.where, left_out.problem
        for folder, name in self._names.items():
            file, where = file.replace(folder, name), where.replace(folder, name)
        return replace(left_out, file=file, where=where, problem=problem and self.named(problem))

    def sides(self, options: argparse.Namespace, later: argparse.Namespace) -> tuple[_Side, _Side]:
        """What a call compares; *later* are the options of the new side."""
        if options.git is not None:
            return self._revisions(options, later)
        if any(getattr(options, name) is not None for name in _OTHER):
            shown = options.to_settings is not None
            names = (str(options.settings or ""), str(options.to_settings)) if shown else ("", "")
            before, after = _Side(names[0], list(options.files), options), list(options.files)
            return before, _Side(names[1], after, later)
        if len(options.files) != 2:
            raise UsageError("name OLD and NEW, or --git OLD..NEW, or --to-cilium and the files for it")
        old, new = options.files
        return self._folder(old, options), self._folder(new, later)

    def _folder(self, path: Path, options: argparse.Namespace) -> _Side:
        placed = self._placed(path)
        names = [name for folder, name in self._names.items() if str(placed).startswith(folder)]
        return _Side(str(path), [placed], options, names[0] if names else f"{path}/" if path.is_dir() else "")

    def _revisions(self, options: argparse.Namespace, later: argparse.Namespace) -> tuple[_Side, _Side]:
        repository = Repository.around(Path.cwd(), "--git")
        old, dots, new = _range(options.git)
        shown = old
        if dots == "...":
            old, shown = repository.merge_base(old, new), f"{new} where it left {old}"
        paths = list(options.files) or ([] if options.settings else [Path()])
        first = _Side(shown, *self._tree(repository, old, paths, options), f"{old}:")
        if dots:
            second = _Side(new, *self._tree(repository, new, paths, later), f"{new}:")
        else:
            files = repository.working_files(paths)
            second = _Side("the working tree", files, later, f"{repository.top}/")
        if paths and not first.paths and not second.paths:
            raise _absent("--git", "must be revisions with these files", ", ".join(map(str, paths)))
        return first, second

    def _tree(
        self, repository: Repository, revision: str, paths: Sequence[Path], options: argparse.Namespace
    ) -> tuple[list[Path], argparse.Namespace]:
        """The files of a revision, and the options with its settings."""
        found = list(self._files(repository, revision, paths).paths) if paths else []
        settings = options.settings
        if settings is None:
            return found, options
        # Settings name further files, so the whole tree must be there.
        whole = self._files(repository, revision, [repository.top])
        place = whole.folder / settings.absolute().relative_to(repository.top)
        if not place.is_file():
            rule, fix = f"must be a file of the revision {revision}", "commit it, or leave --settings out"
            raise CallError([Problem("--settings", rule, str(settings), fix, id="CEK7107")])
        return found, argparse.Namespace(**{**vars(options), "settings": place})

    def _files(self, repository: Repository, revision: str, paths: Sequence[Path]) -> CheckedOut:
        found = self.enter_context(repository.files(revision, paths))
        self._names[f"{found.folder}/"] = f"{revision}:"
        return found

    def _placed(self, path: Path) -> Path:
        """A file or folder; ``git:REVISION:PATH`` is one of a revision."""
        text = str(path)
        if not text.startswith(_REVISION) or path.exists():
            return path
        revision, colon, name = text.removeprefix(_REVISION).partition(":")
        if not colon or not revision:
            fix = "write git:main:policies"
            raise CallError([Problem("files", "must be git:REVISION:PATH", text, fix, id="CEK7108")])
        found = self._files(Repository.around(Path.cwd(), "files"), revision, [Path(name or ".")])
        if not found.paths:
            raise _absent("files", f"must be a path of the revision {revision}", name)
        return found.paths[0]


def _absent(where: str, rule: str, got: str) -> CallError:
    fix = "name a file, or a folder with YAML or JSON in it"
    return CallError([Problem(where, rule, got, fix, id="CEK7101")])


def _range(text: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        old, found, new = text.partition(dots)
        if found:
            return old or "HEAD", dots, new or "HEAD"
    return text, "", ""


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

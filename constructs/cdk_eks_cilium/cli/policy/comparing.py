"""The two sides of a comparison, as a call names them: folders, revisions, or releases of Cilium."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.cli.answer import UsageError
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.policy_analysis.difference import PolicyState
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.problems import CallError, InputError, Problem

from . import files
from .revisions import Repository

_OTHER: Final = ("to_cilium", "to_enforcement", "to_settings")
_REVISION: Final = "git:"


@dataclass(frozen=True)
class NamedState:
    """One side with its name.

    Attributes:
        name: What the call compares: a folder, a revision, a release.
        state: Its policies.
    """

    name: str
    state: PolicyState


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
    later = _later(options)
    with ExitStack() as opened:
        if options.git is not None:
            (old_name, old_paths, settings), (new_name, new_paths, new_settings) = opened.enter_context(
                _revisions(options)
            )
            options, later = _with(options, settings), _with(later, new_settings)
        elif _has_other(options):
            old_paths = new_paths = list(options.files)
            old_name, new_name = "", ""
        else:
            if len(options.files) != 2:
                raise UsageError("name OLD and NEW, or --git OLD..NEW, or --to-cilium and the files for it")
            (old_name, old_paths), (new_name, new_paths) = (
                (str(each), [opened.enter_context(_placed(each))]) for each in options.files
            )
        sides = [(old_name, old_paths, options), (new_name, new_paths, later)]
        given = [
            (name, files.read_set([*paths, *options.both], own, lenient=True)) for name, paths, own in sides
        ]
    if not any(each.policies for _, each in given):
        where = ", ".join(map(str, options.files)) or "the files"
        fix = "name files with the policies"
        raise InputError([Problem(where, "must contain a policy of Cilium", fix=fix, id="CEK7016")])
    old, new = (NamedState(name, state_of(each)) for name, each in given)
    return _named(old, new)


def _later(options: argparse.Namespace) -> argparse.Namespace:
    """The options of the new side."""
    return argparse.Namespace(
        **{
            **vars(options),
            "cilium": options.to_cilium or options.cilium,
            "enforcement": options.to_enforcement or options.enforcement,
            "settings": options.to_settings or options.settings,
        }
    )


def _has_other(options: argparse.Namespace) -> bool:
    return any(getattr(options, name) is not None for name in _OTHER)


def _with(options: argparse.Namespace, settings: Path | None) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), "settings": settings})


_Revision = tuple[str, list[Path], Path | None]


@contextmanager
def _revisions(options: argparse.Namespace) -> Iterator[tuple[_Revision, _Revision]]:
    """The names, files and settings of two revisions."""
    repository = Repository.around(Path.cwd(), "--git")
    old, dots, new = _range(options.git)
    if dots == "...":
        old, shown = repository.merge_base(old, new), f"{new} where it left {old}"
    else:
        shown = old
    paths = list(options.files) or ([] if options.settings else [Path()])
    with ExitStack() as opened:
        first = _checked_out(opened, repository, old, paths, options.settings)
        later = options.to_settings or options.settings
        if dots:
            second = _checked_out(opened, repository, new, paths, later)
        else:
            second = (repository.working_files(paths), later)
        if not first[0] and not second[0] and paths:
            raise _absent("--git", "must be revisions with these files", ", ".join(map(str, paths)))
        yield (shown, *first), (new or "the working tree", *second)


def _absent(where: str, rule: str, got: str) -> CallError:
    fix = "name a file, or a folder with YAML or JSON in it"
    return CallError([Problem(where, rule, got, fix, id="CEK7101")])


def _range(text: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        old, found, new = text.partition(dots)
        if found:
            return old or "HEAD", dots, new or "HEAD"
    return text, "", ""


def _checked_out(
    opened: ExitStack, repository: Repository, revision: str, paths: Sequence[Path], settings: Path | None
) -> tuple[list[Path], Path | None]:
    """The files and the settings of a revision. Settings name further files, so the whole tree is there."""
    found = opened.enter_context(repository.files(revision, paths)) if paths else []
    if settings is None:
        return found, None
    (whole,) = opened.enter_context(repository.files(revision, [repository.top]))
    place = whole / settings.absolute().relative_to(repository.top)
    if not place.is_file():
        fix = "commit it, or leave --settings out"
        rule = f"must be a file of the revision {revision}"
        raise CallError([Problem("--settings", rule, str(settings), fix, id="CEK7107")])
    return found, place


@contextmanager
def _placed(path: Path) -> Iterator[Path]:
    """A file or folder; ``git:REVISION:PATH`` is one of a revision."""
    text = str(path)
    if not text.startswith(_REVISION) or path.exists():
        yield path
        return
    revision, colon, name = text.removeprefix(_REVISION).partition(":")
    if not colon or not revision:
        fix = "write git:main:policies"
        raise CallError([Problem("files", "must be git:REVISION:PATH", text, fix, id="CEK7108")])
    with Repository.around(Path.cwd(), "files").files(revision, [Path(name or ".")]) as found:
        if not found:
            raise _absent("files", f"must be a path of the revision {revision}", name)
        yield found[0]


def state_of(given: files.Given) -> PolicyState:
    """What was read, without the policies that the release refuses: agents do not enforce these."""
    refused: dict[int, str] = {}
    for place, policy in enumerate(given.policies):
        if not isinstance(policy, EndpointView):
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
        NamedState(_joined(old.name, words[False]) or "before", old.state),
        NamedState(_joined(new.name, words[True]) or "after", new.state),
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
    }

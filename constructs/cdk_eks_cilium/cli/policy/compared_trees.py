"""The files of the two sides of a comparison, as a call names them: folders, or revisions of a repository."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from cdk_eks_cilium.cli.answer import UsageError
from cdk_eks_cilium.policy_analysis.reading import LeftOut
from cdk_eks_cilium.problems import CallError, Problem

from .revisions import CheckedOut, Repository

_OTHER: Final = ("to_cilium", "to_enforcement", "to_settings")
_REVISION: Final = "git:"


class ComparedTree(NamedTuple):
    """A side that a call names: its files and its options, and what the names of the files begin with."""

    name: str
    paths: list[Path]
    options: argparse.Namespace
    prefix: str = ""


_TwoTrees = tuple[ComparedTree, ComparedTree]


class ComparedTrees(ExitStack):
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

    def sides(self, options: argparse.Namespace, later: argparse.Namespace) -> _TwoTrees:
        """What a call compares; *later* are the options of the new side."""
        if options.git is not None:
            return self._revisions(options, later)
        if any(getattr(options, name) is not None for name in _OTHER):
            shown = options.to_settings is not None
            names = (str(options.settings or ""), str(options.to_settings)) if shown else ("", "")
            before, after = ComparedTree(names[0], list(options.files), options), list(options.files)
            return before, ComparedTree(names[1], after, later)
        if len(options.files) != 2:
            raise UsageError("name OLD and NEW, or --git OLD..NEW, or --to-cilium and the files for it")
        old, new = options.files
        return self._folder(old, options), self._folder(new, later)

    def _folder(self, path: Path, options: argparse.Namespace) -> ComparedTree:
        placed = self._placed(path)
        names = [name for folder, name in self._names.items() if str(placed).startswith(folder)]
        return ComparedTree(
            str(path), [placed], options, names[0] if names else f"{path}/" if path.is_dir() else ""
        )

    def _revisions(self, options: argparse.Namespace, later: argparse.Namespace) -> _TwoTrees:
        repository = Repository.around(Path.cwd(), "--git")
        old, dots, new = _range(options.git)
        shown = old
        if dots == "...":
            old, shown = repository.merge_base(old, new), f"{new} where it left {old}"
        paths = list(options.files) or ([] if options.settings else [Path()])
        first = ComparedTree(shown, *self._tree(repository, old, paths, options), f"{old}:")
        if dots:
            second = ComparedTree(new, *self._tree(repository, new, paths, later), f"{new}:")
        else:
            files = repository.working_files(paths)
            second = ComparedTree("the working tree", files, later, f"{repository.top}/")
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

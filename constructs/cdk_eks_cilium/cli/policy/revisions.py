"""Files of a revision of a git repository, without touching its working tree or its index.

Objects are listed by ``git ls-tree`` and read by ``git cat-file``: unlike ``git archive``, they leave out
nothing that .gitattributes marks ``export-ignore``, and change no text (https://git-scm.com/docs/git-archive).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from cdk_eks_cilium.policy_analysis.reading import KUSTOMIZATION_NAMES
from cdk_eks_cilium.problems import CallError, Problem

#: What files of policies, settings and instance facts end with.
_READ: Final = (".yaml", ".yml", ".json", ".csv", *KUSTOMIZATION_NAMES)
_FILES: Final = ("100644", "100755")


@dataclass(frozen=True)
class CheckedOut:
    """Files of a revision, as long as they are there.

    Attributes:
        revision: The revision.
        folder: The folder that they are in.
        paths: The paths in it that were asked for and are in the revision.
    """

    revision: str
    folder: Path
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Repository:
    """A git repository, and the option of a call that is about it.

    Attributes:
        top: Its folder.
        option: The place that errors name.
    """

    top: Path
    option: str

    @classmethod
    def around(cls, folder: Path, option: str) -> Repository:
        """The repository that a folder is in.

        Raises:
            CallError: If the folder is outside of any repository, or git is missing.
        """
        found = _git(folder, "rev-parse", "--show-toplevel", option=option)
        if found.returncode:
            rule, fix = "must be called in a git repository", "go to its folder, or name folders to compare"
            fix = f"{fix} (git: {_told_by(found)})"
            raise CallError([Problem(option, rule, str(folder), fix, id="CEK7100")])
        return cls(Path(os.fsdecode(found.stdout).strip()), option)

    def commit(self, revision: str) -> str:
        """The commit of a revision.

        Raises:
            CallError: If the repository has no such revision.
        """
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode:
            rule = "must be a revision of the repository"
            raise CallError([Problem(self.option, rule, revision, self._fix(), id="CEK7103")])
        return found.stdout.decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        """The commit where two revisions parted.

        Raises:
            CallError: If it is not in the repository.
        """
        commits = [self.commit(each) for each in (one, other)]
        found = self._run("merge-base", *commits)
        if found.returncode:
            rule, got = "must be revisions with a commit in common", f"{one}...{other}"
            raise CallError([Problem(self.option, rule, got, self._fix(), id="CEK7104")])
        return found.stdout.decode().strip()

    @contextmanager
    def files(self, revision: str, paths: Sequence[Path]) -> Iterator[CheckedOut]:
        """The files of a revision below some paths, in a folder that is gone afterwards.

        Args:
            revision: A revision.
            paths: Files and folders of the working tree, which need not exist there.

        Raises:
            CallError: If the repository lacks the revision.
        """
        commit = self.commit(revision)
        names = [self._name(path) for path in paths]
        with tempfile.TemporaryDirectory(prefix="cdk-eks-cilium-") as place:
            folder = Path(place).resolve()
            # Kustomizations beside files that are asked for set their namespaces.
            found = list(self._listed(commit, [*names, *_kustomizations_beside(names)]))
            self._write(found, folder)
            there = [folder / name for name in names if (folder / name).exists()]
            yield CheckedOut(revision, folder, tuple(there))

    def working_files(self, paths: Sequence[Path]) -> list[Path]:
        """The files below some paths in the working tree, without files that git ignores."""
        names = [self._name(path) for path in paths]
        words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--")
        found = self._run(*words, *_pathspecs(names))
        files = [os.fsdecode(name) for name in found.stdout.split(b"\0") if name]
        wanted = [name for name in files if name in names or name.endswith(_READ)]
        return [self.top / name for name in sorted(wanted) if (self.top / name).is_file()]

    def _name(self, path: Path) -> str:
        """The path in the repository, with slashes; ``.`` for all of it."""
        # The path itself may be a link, or be gone: only its folder is resolved.
        whole = Path(os.path.abspath(path))
        whole = whole.parent.resolve() / whole.name if whole != self.top else whole
        try:
            return whole.relative_to(self.top.resolve()).as_posix()
        except ValueError:
            rule, fix = f"must have paths of the repository {self.top}", "name a path in it"
            raise CallError([Problem(self.option, rule, str(path), fix, id="CEK7102")]) from None

    def _listed(self, commit: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The objects of the files below some names, each with the path of its file."""
        found = self._run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *_pathspecs(names))
        if found.returncode:
            raise self._incomplete(commit)
        for line in found.stdout.split(b"\0"):
            facts, _, name = line.partition(b"\t")
            if not name:
                continue
            mode, _, blob = facts.decode().split()
            path = os.fsdecode(name)
            if mode in _FILES and (path in names or path.endswith(_READ)):
                yield blob, path

    def _write(self, found: Sequence[tuple[str, str]], folder: Path) -> None:
        """Write objects to files below a folder."""
        asked = "".join(f"{blob}\n" for blob, _ in found).encode()
        answer = self._run("cat-file", "--batch", given=asked)
        text, at = answer.stdout, 0
        for _, name in found:
            end = text.find(b"\n", at)
            head = text[at:end].split()
            if len(head) != 3:
                raise self._incomplete(name)
            size = int(head[2])
            file = folder / PurePosixPath(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text[end + 1 : end + 1 + size])
            at = end + size + 2

    def _incomplete(self, what: str) -> CallError:
        rule, fix = "must be a revision whose files are in the repository", "fetch them: git fetch --refetch"
        return CallError([Problem(self.option, rule, what, fix, id="CEK7105")])

    def _fix(self) -> str:
        if self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            return (
                "this clone is shallow: run git fetch --unshallow, or set fetch-depth: 0 of actions/checkout"
            )
        return "git branch --all and git tag list what there is"

    def _run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return _git(self.top, *words, option=self.option, given=given)


def _kustomizations_beside(names: Sequence[str]) -> Iterator[str]:
    for folder in dict.fromkeys(PurePosixPath(name).parent for name in names):
        yield from ((folder / name).as_posix() for name in KUSTOMIZATION_NAMES)


def _pathspecs(names: Sequence[str]) -> list[str]:
    return [] if "." in names else [f":(top,literal){name}" for name in names]


def _git(folder: Path, *words: str, option: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *words], input=given, env=environment, capture_output=True, check=False
        )
    except OSError:
        rule, fix = "needs git", "install git, or name folders to compare"
        raise CallError([Problem(option, rule, fix=fix, id="CEK7106")]) from None


def _told_by(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
    return lines[0].removeprefix("fatal: ")

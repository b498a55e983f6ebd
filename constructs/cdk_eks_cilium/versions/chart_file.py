"""A copy of Cilium's chart on this machine: checked, and unpacked for CDK, which wants a folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.problems.bounds import SETTINGS, read_bounded
from cdk_eks_cilium.problems.strict_yaml import read_document
from cdk_eks_cilium.versions import CiliumVersion

_NAME: Final = "cilium"
_METADATA: Final = "Chart.yaml"


class _UnreadableError(Exception):
    """Why a chart cannot be read, as a clause."""


def chart_problems(where: str, path: str | os.PathLike[str], version: CiliumVersion) -> Iterator[Problem]:
    """Why the chart at *path* cannot be installed as Cilium *version*.

    Args:
        path: A packaged chart (``cilium-1.19.6.tgz``) or the folder of an unpacked one.
    """
    got, fix = (
        str(path),
        f"fetch it with: helm pull cilium --repo https://helm.cilium.io/ --version {version}",
    )
    try:
        metadata = _metadata(Path(path))
    except _UnreadableError as error:
        yield Problem(where, str(error), got, fix, id="CEK4001")
        return
    name, number = metadata.get("name"), str(metadata.get("version"))
    if name != _NAME:
        yield Problem(where, f"must be the chart '{_NAME}', not {name!r}", got, fix, id="CEK4002")
    elif number.removeprefix("v") != version.number:
        yield Problem(where, f"must be of version {version}, not {number}", got, fix, id="CEK4003")


def chart_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder with the chart's files, for CDK to upload; an archive is unpacked first.

    CDK's handler unpacks ZIP only, and a ``.tgz`` would stay packed.
    """
    chart = Path(path).absolute()
    if chart.is_dir():
        return chart
    folder = Path(tempfile.mkdtemp(prefix="cilium-chart-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tarfile.open(chart) as archive:
        _unpack(archive, folder.resolve())
    return folder / _NAME


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the files of an archive; nothing in it may be a link or lead out of the folder.

    The filter ``data`` of `tarfile` does the same, and Python has it from 3.11.4 on only.
    """
    for member in archive:
        if member.isdir():
            continue
        target = (folder / member.name).resolve()
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or not target.is_relative_to(folder):
            raise tarfile.ExtractError(f"{member.name!r} of the chart is not a file inside of its folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.read())


def _metadata(path: Path) -> dict[str, Any]:
    try:
        text = read_bounded(path / _METADATA, SETTINGS) if path.is_dir() else _from_archive(path)
        loaded = read_document(text, _METADATA, SETTINGS)
    except FileNotFoundError:
        missing = f"must be a folder with a {_METADATA}" if path.is_dir() else "must be a chart that exists"
        raise _UnreadableError(missing) from None
    except InputError as error:
        raise _UnreadableError(f"must have a {_METADATA} that can be read") from error
    except (OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise _UnreadableError("must be a packaged chart (.tgz) or the folder of one") from error
    if not isinstance(loaded, dict):
        raise _UnreadableError(f"must have a {_METADATA} that can be read")
    return loaded


def _from_archive(path: Path) -> bytes:
    with tarfile.open(path) as archive:
        try:
            member = archive.extractfile(f"{_NAME}/{_METADATA}")
        except KeyError:
            member = None
        if member is None:
            raise _UnreadableError(f"must hold {_NAME}/{_METADATA}")
        return member.read(SETTINGS.size)

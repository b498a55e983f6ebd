"""Where the chart of a release is on this machine, or how it gets here."""

from __future__ import annotations

import hashlib
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.versions.chart_file import chart_problems
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .layers import cache_folder

REPOSITORY: Final = "https://helm.cilium.io"
VARIABLE: Final = "CILIUM_CHARTS"
DIGESTS: Final = "chart_digests.tsv"
#: Seconds for the whole download, and the most bytes of it: charts have up to 300 kB.
_PATIENCE: Final = 30.0
_MOST: Final = 5_000_000
_PIECE: Final = 65_536


@dataclass(frozen=True)
class ChartSource:
    """A chart on this machine.

    Attributes:
        path: The package, or its folder.
        origin: Where it comes from: ``cilium.chart``, ``CILIUM_CHARTS``, ``the cache``, or the repository.
    """

    path: Path
    origin: str


def find_chart(
    version: CiliumVersion,
    given: str | None = None,
    *,
    online: bool = False,
    environment: Mapping[str, str] = os.environ,
    repository: str = REPOSITORY,
    trust: ssl.SSLContext | None = None,
) -> ChartSource | None:
    """The chart of *version*; None where nothing has it.

    Args:
        version: The release.
        given: The path that the settings name.
        online: Whether to fetch it into the cache, if nothing here has it.
        environment: Names a folder of packaged charts as ``CILIUM_CHARTS``.
        repository: The address to fetch from.
        trust: The authorities to trust. By default this machine's.

    Raises:
        InputError: If a chart is of another name or version, or cannot be fetched.
    """
    if given is not None:
        return ChartSource(Path(given), "cilium.chart")
    name = f"cilium-{version}.tgz"
    folder = environment.get(VARIABLE)
    if folder and (packaged := Path(folder) / name).is_file():
        refuse(chart_problems(VARIABLE, packaged, version))
        return ChartSource(packaged, VARIABLE)
    kept = cache_folder("charts") / name
    if kept.is_file() and not list(_wrong(kept.read_bytes(), kept, version)):
        return ChartSource(kept, "the cache")
    if not online:
        return None
    _fetch(f"{repository}/{name}", kept, version, trust)
    return ChartSource(kept, repository)


def _fetch(url: str, target: Path, version: CiliumVersion, trust: ssl.SSLContext | None) -> None:
    """Put a chart into the cache: whole and checked, or not at all."""
    try:
        content = _read(url, trust)
    except (OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        reason = getattr(error, "reason", None) or error
        rule = f"cannot fetch the chart: {reason}"
        fix = f"try again, or put the chart into a folder that {VARIABLE} names"
        refuse([Problem("--online", rule, url, fix, id="CEK2251")])
        raise AssertionError from error  # refuse() always raises here
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        refuse(_wrong(content, fresh, version))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _read(url: str, trust: ssl.SSLContext | None) -> bytes:
    """What is at *url*, in bounded time and size."""
    deadline = time.monotonic() + _PATIENCE
    content = b""
    with urllib.request.urlopen(url, timeout=_PATIENCE / 3, context=trust) as answer:  # noqa: S310  (https)
        while piece := answer.read(_PIECE):
            content += piece
            if len(content) > _MOST:
                raise ValueError(f"it has more than {_MOST} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"it takes more than {_PATIENCE:.0f} seconds")
    return content


def _wrong(content: bytes, path: Path, version: CiliumVersion) -> list[Problem]:
    """Why a fetched chart is not the published one: by its digest if that is known, else by what it says."""
    known = _digests().get(version.number)
    if known is not None and hashlib.sha256(content).hexdigest() != known:
        rule = f"must be the published chart of Cilium {version}: its SHA-256 is another"
        return [Problem("--online", rule, path.name, "fetch it again", id="CEK2252")]
    return list(chart_problems("--online", path, version))


@cache
def _digests() -> dict[str, str]:
    text = (files("cdk_eks_cilium.versions") / DIGESTS).read_text(encoding="utf-8")
    rows = (line.partition("\t")[::2] for line in text.splitlines() if not line.startswith("#"))
    return dict(rows)

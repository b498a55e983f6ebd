"""A Helm repository on this machine, with packaged charts from a folder or the stand-in chart."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import yaml

from cdk_eks_cilium.versions.cilium import known_versions
from rehearsal.serving import Handler, LocalServer

STAND_IN = Path(__file__).parent / "cilium"

_ARCHIVE = re.compile(r"cilium-(\d+\.\d+\.\d+(?:-[\w.]+)?)\.tgz")
_CREATED = "2026-01-01T00:00:00Z"


# belief: HELM-repository
class ChartRepository(AbstractContextManager["ChartRepository"]):
    """Serves ``index.yaml`` and packaged Cilium charts over HTTP, as ``helm --repo URL`` wants it.

    The index names the charts of the folder, every release that the library knows, and the offered versions.
    The stand-in, packaged under the requested number, replaces a chart that the folder lacks.

    Args:
        charts_dir: A folder with ``cilium-X.Y.Z.tgz`` files; None serves the stand-in only.
        versions: Further numbers to offer.

    Attributes:
        url: The address for ``--repo``.
    """

    def __init__(self, charts_dir: Path | None = None, versions: Iterable[str] = ()) -> None:
        self._folder = charts_dir
        self._offered = {version.number for version in known_versions()} | set(versions)
        repository = self

        class Requests(Handler):
            def do_GET(self) -> None:
                content = repository.content(self.path)
                self.reply(404 if content is None else 200, content or b"", "application/octet-stream")

        self._server = LocalServer(Requests)
        self._server.start()
        self.url = f"http://localhost:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def has_official(self, version: str) -> bool:
        """Whether the folder holds the real chart of this version."""
        return version in self._official()

    def offer(self, version: str) -> None:
        """Put a version into the index, as the stand-in where the folder lacks it."""
        self._offered.add(version)

    def content(self, path: str) -> bytes | None:
        """The content at a path of the repository, or None."""
        if path == "/index.yaml":
            return self._index()
        match = _ARCHIVE.fullmatch(path.removeprefix("/"))
        if not match:
            return None
        version = match[1]
        if official := self._official().get(version):
            return official.read_bytes()
        return stand_in(version) if version in self._offered else None

    def _official(self) -> dict[str, Path]:
        return packaged(self._folder)

    def _index(self) -> bytes:
        entries = [
            {
                "apiVersion": "v2",
                "name": "cilium",
                "version": version,
                "appVersion": version,
                "created": _CREATED,
                "urls": [f"{self.url}/cilium-{version}.tgz"],
            }
            for version in sorted(self._offered | set(self._official()), key=_order, reverse=True)
        ]
        index = {"apiVersion": "v1", "entries": {"cilium": entries}, "generated": _CREATED}
        return yaml.safe_dump(index).encode()


def packaged(folder: Path | None) -> dict[str, Path]:
    """The packaged charts of Cilium in a folder, by their numbers."""
    if folder is None or not folder.is_dir():
        return {}
    found = ((_ARCHIVE.fullmatch(path.name), path) for path in folder.iterdir())
    return {match[1]: path for match, path in found if match}


def stand_in(version: str) -> bytes:
    """The stand-in chart, packaged with this version."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(STAND_IN.rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            if path.name == "Chart.yaml":
                chart = yaml.safe_load(content) | {"version": version, "appVersion": version}
                content = yaml.safe_dump(chart).encode()
            member = tarfile.TarInfo(f"cilium/{path.relative_to(STAND_IN).as_posix()}")
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _order(version: str) -> tuple[list[int], bool]:
    number, dash, _ = version.partition("-")
    return [int(part) for part in number.split(".")], not dash

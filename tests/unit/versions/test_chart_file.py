"""A chart on this machine: what is wrong with one, and the folder that CDK uploads."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.chart_file import chart_folder, chart_problems

VERSION = CiliumVersion.of("1.19.6")
FIX = "; fetch it with: helm pull cilium --repo https://helm.cilium.io/ --version 1.19.6"
GOOD = b"apiVersion: v2\nname: cilium\nversion: 1.19.6\n"


def packaged(path: Path, **files: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def chart(path: Path, metadata: bytes = GOOD) -> Path:
    files = {"cilium/Chart.yaml": metadata, "cilium/templates/agent.yaml": b"kind: DaemonSet\n"}
    return packaged(path, **files)


def said(path: Path) -> list[str]:
    return [str(problem) for problem in chart_problems("cilium.chart", path, VERSION)]


def test_a_packaged_chart_and_its_folder_are_both_fine(tmp_path: Path) -> None:
    archive = chart(tmp_path / "cilium-1.19.6.tgz")
    folder = chart_folder(archive)

    assert said(archive) == said(folder) == []
    assert (folder / "templates/agent.yaml").read_text() == "kind: DaemonSet\n"
    assert chart_folder(folder) == folder


def test_a_chart_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cilium-1.19.6.tgz"
    assert said(path) == [f"cilium.chart: must be a chart that exists, got '{path}'{FIX}"]


def test_a_folder_without_a_chart_is_refused(tmp_path: Path) -> None:
    assert said(tmp_path) == [f"cilium.chart: must be a folder with a Chart.yaml, got '{tmp_path}'{FIX}"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("eni: {enabled: true}\n")
    assert said(path) == [
        f"cilium.chart: must be a packaged chart (.tgz) or the folder of one, got '{path}'{FIX}"
    ]


def test_a_path_that_no_system_has_is_refused() -> None:
    (text,) = said(Path("cilium\0.tgz"))
    assert text.startswith("cilium.chart: must be a packaged chart (.tgz) or the folder of one")


def test_half_a_download_is_refused(tmp_path: Path) -> None:
    path = chart(tmp_path / "cilium-1.19.6.tgz")
    path.write_bytes(path.read_bytes()[:60])
    assert said(path) == [
        f"cilium.chart: must be a packaged chart (.tgz) or the folder of one, got '{path}'{FIX}"
    ]


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = packaged(tmp_path / "backup.tgz", **{"home/notes.txt": b"milk"})
    assert said(path) == [f"cilium.chart: must hold cilium/Chart.yaml, got '{path}'{FIX}"]


@pytest.mark.parametrize("metadata", [b"name: [", b"- cilium\n", b"\xff\xfe\x00"])
def test_a_chart_that_does_not_say_what_it_is_is_refused(metadata: bytes, tmp_path: Path) -> None:
    path = chart(tmp_path / "cilium.tgz", metadata)
    assert said(path) == [f"cilium.chart: must have a Chart.yaml that can be read, got '{path}'{FIX}"]


def test_another_chart_is_refused(tmp_path: Path) -> None:
    path = chart(tmp_path / "cilium.tgz", b"name: tetragon\nversion: 1.19.6\n")
    assert said(path) == [f"cilium.chart: must be the chart 'cilium', not 'tetragon', got '{path}'{FIX}"]


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = chart(tmp_path / "cilium.tgz", b"name: cilium\nversion: 1.18.12\n")
    assert said(path) == [f"cilium.chart: must be of version 1.19.6, not 1.18.12, got '{path}'{FIX}"]


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    archive = packaged(tmp_path / "c.tgz", **{"cilium/Chart.yaml": GOOD, "../../out.txt": b"x"})
    with pytest.raises(
        tarfile.ExtractError, match=r"'../../out.txt' of the chart is not a file inside of its"
    ):
        chart_folder(archive)


def test_an_archive_cannot_link_to_a_file_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "c.tgz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("cilium/Chart.yaml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(
        tarfile.ExtractError, match=r"'cilium/Chart.yaml' of the chart is not a file inside of its"
    ):
        chart_folder(path)


def test_a_device_without_an_end_is_refused() -> None:
    assert said(Path("/dev/zero")) == [
        f"cilium.chart: must be a packaged chart (.tgz) or the folder of one, got '/dev/zero'{FIX}"
    ]


def test_metadata_that_only_seem_small_are_refused(tmp_path: Path) -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 20)]
    path = chart(tmp_path / "cilium.tgz", "\n".join(["a0: &a0 [x]", *levels]).encode())

    assert said(path) == [f"cilium.chart: must have a Chart.yaml that can be read, got '{path}'{FIX}"]

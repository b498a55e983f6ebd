"""The folder with the programs, and what is asked of a server of another minor."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.kubernetes.real.assets import AssetsError, emulated, needed_assets, version_of
from tests.lambda_.kubernetes_api.stand_ins import install, script


def test_without_the_variable_the_option_says_what_it_needs() -> None:
    with pytest.raises(AssetsError) as caught:
        needed_assets({}, "--api-server")
    assert str(caught.value) == (
        "--api-server: needs a folder with etcd and kube-apiserver in KUBEBUILDER_ASSETS, got nothing; set "
        "it to what `setup-envtest use -p path` prints"
    )


def test_a_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetsError, match=r"got '.*' without etcd and kube-apiserver; set it to"):
        needed_assets({"KUBEBUILDER_ASSETS": str(tmp_path)}, "--api-server")


def test_a_relative_folder_stays_valid_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    install(tmp_path / "bin")
    monkeypatch.chdir(tmp_path)
    assert needed_assets({"KUBEBUILDER_ASSETS": "bin"}, "--api-server") == tmp_path / "bin"


def test_the_server_tells_its_version(tmp_path: Path) -> None:
    script(tmp_path, "kube-apiserver", "print('Kubernetes v1.34.1')")
    assert version_of(tmp_path) == "1.34.1"


@pytest.mark.parametrize("says", ["print('kube-apiserver, a fork')", "raise SystemExit(2)"])
def test_a_server_that_does_not_tell_its_version_has_none(tmp_path: Path, says: str) -> None:
    script(tmp_path, "kube-apiserver", says)
    assert version_of(tmp_path) == ""


def test_a_missing_server_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path) == ""


@pytest.mark.parametrize(
    ("server", "wanted", "minor"),
    [
        ("1.36.2", "1.36", None),
        ("1.36.2", "1.35", "1.35"),
        ("1.36.2", "1.33", "1.33"),
        ("1.36.2", "1.32", None),
        ("1.35.0", "1.36", None),
        ("1.33.0", "1.31", "1.31"),
        ("1.32.0", "1.30", None),
        ("1.30.0", "1.29", None),
        ("", "1.35", None),
        ("1.36.2", "", None),
    ],
)
def test_a_server_behaves_as_a_minor_that_it_can_emulate(server: str, wanted: str, minor: str | None) -> None:
    assert emulated(server, wanted) == minor

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.settings import load, starting_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_begun_that_passes_the_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "init"]) == 0
    assert capsys.readouterr() == (
        "",
        "wrote settings.yaml\ncheck it after a change: cdk-eks-cilium settings check settings.yaml\n",
    )
    assert (folder / "settings.yaml").read_text(encoding="utf-8") == starting_file()
    assert main(["settings", "check"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_every_key_is_written_on_request(folder: Path) -> None:
    assert main(["settings", "init", "--all"]) == 0
    assert (folder / "settings.yaml").read_text(encoding="utf-8") == starting_file(every_key=True)


def test_name_region_and_account_may_be_given(folder: Path) -> None:
    words = ["--name", "shop", "--region", "us-east-1", "--account", "011122223333"]
    assert main(["settings", "init", "shop.yaml", *words]) == 0
    settings = load(folder / "shop.yaml")
    assert (settings.name, settings.region, settings.account) == ("shop", "us-east-1", "011122223333")
    assert settings.network.availability_zones == ["us-east-1a", "us-east-1b", "us-east-1c"]


def test_a_file_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "settings.yaml").write_text("name: mine\n")
    assert main(["settings", "init"]) == 2
    assert capsys.readouterr().err == (
        "1 problem\n  FILE: must be a new file, got 'settings.yaml'; name another, or delete it [CEK7023]\n"
    )
    assert (folder / "settings.yaml").read_text() == "name: mine\n"


def test_an_invalid_option_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "init", "--name", "9", "--account", "1"]) == 1
    assert [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "settings: 2 problems",
        "  name: must be 1 to 100 letters",
        "  account: must be an account id of 12 digits",
    ]
    assert list(folder.iterdir()) == []

"""What the commands say where a policy for nodes may decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.unit.policy_analysis.evaluation.worlds import pod, policy

NAME = "CiliumClusterwideNetworkPolicy lock"


def lock(peer: str, port: int = 22) -> str:
    ports = f"[{{ports: [{{port: '{port}', protocol: TCP}}]}}]"
    spec = f"nodeSelector: {{}}\ningress: [{{{peer}toPorts: {ports}}}]"
    return policy("lock", spec, kind="CiliumClusterwideNetworkPolicy")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(pod("shop/web") + lock("fromEntities: [world], "))
    (tmp_path / "new.yaml").write_text(pod("shop/web") + lock("fromEntities: [world], ", 23))
    (tmp_path / "none.yaml").write_text(pod("shop/web") + policy("shop/p", "endpointSelector: {}"))
    return tmp_path


def explain(*arguments: str) -> int:
    return main(["policy", "explain", "--from", "entity:world", "--to", "entity:host:2379", *arguments])


def test_explain_ends_as_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("old.yaml") == 4
    assert f"by {NAME} spec" in capsys.readouterr().out


def test_the_settings_say_whether_the_host_firewall_is_on(folder: Path) -> None:
    settings = folder / "settings.yaml"
    base = (
        "name: demo\naccount: '111111111111'\nregion: eu-west-1\n"
        "network: {availability_zones: [eu-west-1a, eu-west-1b]}\n"
    )
    settings.write_text(base)
    assert explain("old.yaml", "--settings", "settings.yaml") == 0
    settings.write_text(f"{base}cilium: {{host_firewall: true}}\n")
    assert explain("old.yaml", "--settings", "settings.yaml") == 4


def test_matrix_has_the_flows_to_nodes_as_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["policy", "matrix", "--also", "entity:host", "old.yaml"])
    assert f"not known without: {NAME}, a policy for nodes" in capsys.readouterr().out


def test_exposure_has_them_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shut = policy("shop/p", "endpointSelector: {}\negress: [{toEntities: [host]}]")
    Path("old.yaml").write_text(pod("shop/web") + lock("") + shut)
    main(["policy", "exposure", "shop/web", "old.yaml"])
    words = "shop/web -> host: all ports but TCP 22 not known: it depends on"
    assert f"{words} {NAME}, a policy for nodes" in capsys.readouterr().out


def test_diff_says_first_that_a_policy_for_nodes_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "diff", "--fail-on", "any", "old.yaml", "new.yaml"]) == 4
    out = capsys.readouterr().out
    assert out.startswith(f"old.yaml -> new.yaml: nothing else changes; not compared: {NAME}\n")
    assert main(["policy", "diff", "--markdown", "old.yaml", "new.yaml"]) == 0
    title = f"### Network policies: nothing else changes; not compared: {NAME}"
    assert title in capsys.readouterr().out.splitlines()


def test_diff_is_content_with_the_same_policy_for_nodes_on_both_sides(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "diff", "--fail-on", "any", "old.yaml", "old.yaml"]) == 0
    assert "nothing changes" in capsys.readouterr().out


def test_diff_has_pods_that_may_no_longer_reach_nodes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "diff", "--fail-on", "opens", "none.yaml", "old.yaml"]) == 4
    out = capsys.readouterr().out
    assert "? not known every pod -> host, remote-node: all ports" in out
    assert f"may be refused by {NAME} spec" in out

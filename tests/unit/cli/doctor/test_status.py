"""``doctor status`` on dumps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.cli.pictures.nodes import draw
from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.overview import NodeLine, Overview
from tests.unit.doctor.checks.addresses.test_subnets import reserve
from tests.unit.doctor.dumps import write_aws, write_kubectl
from tests.unit.doctor.healthy import healthy

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    write_kubectl(tmp_path / "dump", healthy())
    write_aws(tmp_path / "dump", healthy())
    return tmp_path / "dump"


def nodes(count: int) -> Overview:
    """A cluster with nodes in three zones, one of which is not well."""
    lines = [
        NodeLine(
            f"ip-10-0-{n // 250}-{n % 250}.ec2.internal",
            f"eu-west-1{'abc'[n * 3 // count]}",
            "workers",
            "m6i.large",
            "bottlerocket",
            n != 1,
            2,
            1,
            2,
            32,
            n % 32,
            n % 32 + 4,
            110,
            "1.19.6",
            "ready",
        )
        for n in range(count)
    ]
    return Overview(lines, (), (), True)


def test_tables_have_nodes_and_subnets(dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "status", "--from", str(dump)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "3 nodes, 14 pods"
    assert lines[1].startswith(
        "node zone type image agent state interfaces prefixes allocated used pods max pods"
    )
    assert "ip-10-0-1-10.ec2.internal eu-west-1a m6i.large bottlerocket - ready 2 1 16 4 5 110" in lines
    assert "subnet zone range /28 blocks prefixes spoilt explicit free free %" in lines
    assert "subnet-pa eu-west-1a 100.64.0.0/18 1,022 2 0 0 1,020 99" in lines


def test_blocks_that_explicit_reservations_keep_have_a_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    reserve(world, "explicit", "100.64.32.0/20")
    write_kubectl(tmp_path, world)
    write_aws(tmp_path, world)
    assert main(["doctor", "status", "--from", str(tmp_path)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "subnet-pa eu-west-1a 100.64.0.0/18 1,022 2 0 256 764 74" in lines


def test_reservations_that_nobody_read_are_not_counted_as_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = healthy()
    del world.things[aws_kinds.SUBNET_RESERVATIONS]
    write_kubectl(tmp_path, world)
    write_aws(tmp_path, world)
    main(["doctor", "status", "--from", str(tmp_path)])
    printed = capsys.readouterr()
    lines = [" ".join(line.split()) for line in printed.out.splitlines()]
    assert "subnet-pa eu-west-1a 100.64.0.0/18 1,022 2 0 - 1,020 99" in lines
    assert "CIDR reservations were not read" in printed.err


def test_json_has_the_same(dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "status", "--from", str(dump), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["prefixes"] for each in found["nodes"]] == [1, 1, 1]
    assert found["subnets"][0]["free"] == 1020
    assert found["complete"] is True


def test_what_is_missing_ends_with_4_and_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = healthy()
    write_kubectl(tmp_path, world)
    (tmp_path / "pods.json").unlink()
    assert main(["doctor", "status", "--from", str(tmp_path)]) == 4
    assert "the dump has no pods; add them with: kubectl get pods" in capsys.readouterr().err


def test_an_archive_of_another_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dump.tgz").write_bytes(b"\x1f\x8b" + b"x" * 300)
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "status", "--from", str(tmp_path / "dump.tgz")])
    assert ended.value.code == 2
    assert (
        "must be a folder or a zip archive; unpack it first: tar --extract --file" in capsys.readouterr().err
    )


def test_the_picture_is_written(dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "status", "--from", str(dump), "--svg", str(tmp_path / "nodes.svg")]) == 0
    text = " ".join(ElementTree.parse(tmp_path / "nodes.svg").getroot().itertext())
    assert "Nodes of dump dump" in text
    assert "4 of 16 addresses, 1 prefix, 2 interfaces" in text
    assert "5 of 110 pods" in text
    assert "subnet-pa, eu-west-1a, 100.64.0.0/18" in text


@pytest.mark.parametrize("count", [1, 5, 24, 25, 200, 1000])
def test_everything_in_a_picture_is_inside_it(count: int) -> None:
    root = ElementTree.fromstring(draw(nodes(max(count, 3)), "context prod"))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert height < 3000
    for each in root.iter(f"{SVG}rect"):
        assert float(each.attrib["x"]) >= 0
        assert float(each.attrib["x"]) + float(each.attrib["width"]) <= width
        assert float(each.attrib["y"]) + float(each.attrib["height"]) <= height
    for each in root.iter(f"{SVG}text"):
        assert (
            float(each.attrib["x"]) + 5.2 * len(each.text or "") * float(each.attrib["font-size"]) / 11
            <= width
        )


def test_the_words_of_a_card_fit_into_it() -> None:
    found = nodes(24)
    worst = replace(found.nodes[1], image="bottlerocket", state="CrashLoopBackOff", agent="1.20.0-rc.1")
    root = ElementTree.fromstring(draw(replace(found, nodes=[worst]), "context prod"))
    card = 378 - 20
    for each in root.iter(f"{SVG}text"):
        if each.attrib["x"] == "46":
            assert len(each.text or "") * 0.52 * float(each.attrib["font-size"]) <= card, each.text


def test_a_large_cluster_has_a_tile_for_each_node_and_words_for_each_group() -> None:
    root = ElementTree.fromstring(draw(nodes(200), "context prod"))
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert "eu-west-1a, workers, m6i.large: 67" in words
    assert "ip-10-0-0-1 in eu-west-1a: Cilium 1.19.6 ready, node not ready" in words
    tiles = [each for each in root.iter(f"{SVG}rect") if each.attrib.get("rx") == "3"]
    assert len(tiles) == 200


def test_a_dump_without_aws_says_that_subnets_are_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kubectl(tmp_path, healthy())
    assert main(["doctor", "status", "--from", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "subnets of pods are not shown: AWS was not asked\n"

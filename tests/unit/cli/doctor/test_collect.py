"""``doctor collect`` writes what ``doctor --from`` reads, and redacts it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_eks_cilium.cli.main import main
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Objects
from cdk_eks_cilium.doctor.readers.dump import DumpReader
from cdk_eks_cilium.doctor.readers.dumps.script import script
from cdk_eks_cilium.doctor.readers.live import LiveReader
from tests.unit.doctor.dumps import write_aws, write_kubectl
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import World


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    write_kubectl(tmp_path / "dump", healthy())
    write_aws(tmp_path / "dump", healthy())
    return tmp_path / "dump"


def everything(folder: Path) -> str:
    """All text of a dump, names of files included; without uids, which are random in a cluster."""
    text = "\n".join(f"{path.name}\n{path.read_text()}" for path in sorted(folder.iterdir()))
    return re.sub(r'"uid-[^"]*"', "", text)


def test_a_copy_of_a_dump_gives_the_same_diagnosis(dump: Path, tmp_path: Path) -> None:
    assert main(["doctor", "collect", str(tmp_path / "copy"), "--from", str(dump)]) in (0, 4)
    texts = []
    for folder in (dump, tmp_path / "copy"):
        seen = look(all_checks(), DumpReader(folder))
        results = examine(all_checks(), seen).results
        texts.append([(each.check.id, each.verdict, len(each.findings)) for each in results])
    assert texts[0] == texts[1]


def test_redaction_replaces_names_and_accounts_everywhere(dump: Path, tmp_path: Path) -> None:
    main(["doctor", "collect", str(tmp_path / "copy"), "--from", str(dump), "--redact"])
    text = everything(tmp_path / "copy")
    assert "111122223333" in everything(dump)
    for name in ("team-a", "web-0", "web-9a", "111122223333", "default-deny"):
        assert name not in text, name
    reader = DumpReader(tmp_path / "copy")
    pods = reader.read(kinds.PODS)
    spaces = reader.read(kinds.NAMESPACES)
    nodes = reader.read(kinds.CILIUM_NODES)
    assert pods is not None
    assert spaces is not None
    assert nodes is not None
    named = {each["metadata"]["name"] for each in spaces.objects}
    assert {"kube-system", "default"} < named
    ours = [each for each in pods.objects if each["metadata"]["namespace"] not in ("kube-system", "default")]
    assert len(ours) == 2
    assert {each["metadata"]["namespace"] for each in ours} == named - {"kube-system", "default"}
    # The owner of an address is still the pod that has it.
    pod = ours[0]
    owners = {
        ip: each["owner"] for node in nodes.objects for ip, each in node["status"]["ipam"]["used"].items()
    }
    assert owners[pod["status"]["podIP"]] == f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def test_what_could_not_be_read_is_told_and_noted_in_the_dump(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dump / "pods.json").unlink()
    assert main(["doctor", "collect", str(tmp_path / "copy"), "--from", str(dump)]) == 4
    assert "the dump has no pods; add them with" in capsys.readouterr().err
    index = json.loads((tmp_path / "copy" / "collected.json").read_text())
    assert [each["shown"] for each in index["readings"] if each["unread"].startswith("the dump has no pods")]


@pytest.mark.parametrize("what", ["file", "folder"])
def test_nothing_is_overwritten(
    dump: Path, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "there"
    if what == "folder":
        target.mkdir()
        (target / "notes.txt").write_text("mine")
    else:
        target.write_text("mine")
    assert main(["doctor", "collect", str(target), "--from", str(dump)]) == 2
    assert "must be a new folder, or an empty one" in capsys.readouterr().err


def test_a_folder_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "collect"])
    assert "name the folder to write, or ask for --commands" in capsys.readouterr().err


def test_the_script_is_bash_and_asks_for_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "collect", "--commands"]) == 0
    text = capsys.readouterr().out
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-n"], input=text, text=True, check=True)
    assert "secret" not in text.lower().replace("no secret", "")
    assert "kubectl get pods --all-namespaces --output json > pods.json || rm -f pods.json" in text


def test_the_script_writes_what_the_reader_reads(tmp_path: Path) -> None:
    world = healthy()
    stand_in = tmp_path / "bin" / "kubectl"
    stand_in.parent.mkdir()
    write_kubectl(tmp_path / "answers", world)
    stand_in.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = version ]; then exec cat "$ANSWERS/version.json"; fi\n'
        'if [ "$1" = get ]; then exec cat "$ANSWERS/${2%%.*}.json"; fi\n'
        "exit 1\n"
    )
    stand_in.chmod(0o755)
    (tmp_path / "made").mkdir()
    readings = [kinds.PODS, kinds.CILIUM_NODES, kinds.KUBE_SYSTEM_CONFIG_MAPS]
    subprocess.run(
        ["bash"],
        input="\n".join(script(readings)),
        text=True,
        cwd=tmp_path / "made",
        env={"PATH": f"{stand_in.parent}:/usr/bin:/bin", "ANSWERS": str(tmp_path / "answers")},
        check=True,
    )
    reader = DumpReader(tmp_path / "made")
    for reading in readings:
        read = reader.read(reading)
        assert read is not None
        assert len(read.objects) == len(world.things[reading])


def test_the_script_asks_for_the_reservations_of_each_subnet(tmp_path: Path) -> None:
    world = healthy()
    answer = '{"SubnetIpv4CidrReservations": [{"SubnetId": "%s"}], "SubnetIpv6CidrReservations": []}\\n'
    stand_in = tmp_path / "bin" / "aws"
    stand_in.parent.mkdir()
    stand_in.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        "describe-cluster) echo vpc-0a1;;\n"
        'describe-subnets) [ "$4" = Name=vpc-id,Values=vpc-0a1 ] && echo subnet-pa subnet-pb;;\n'
        f"get-subnet-cidr-reservations) printf '{answer}' \"$4\";;\n"
        "esac\n"
    )
    stand_in.chmod(0o755)
    (tmp_path / "made").mkdir()
    subprocess.run(
        ["bash"],
        input="\n".join(script([aws_kinds.SUBNET_RESERVATIONS])),
        text=True,
        cwd=tmp_path / "made",
        env={"PATH": f"{stand_in.parent}:/usr/bin:/bin", "CLUSTER": world.plan.cluster or "platform"},
        check=True,
    )
    read = DumpReader(tmp_path / "made").read(aws_kinds.SUBNET_RESERVATIONS)
    assert read is not None
    assert sorted(each["SubnetId"] for each in read.objects) == ["subnet-pa", "subnet-pb"]


def test_what_a_live_cluster_tells_comes_back_from_its_dump(
    serve_world: Callable[[World], Path], aws_environment: None, tmp_path: Path
) -> None:
    kubeconfig = serve_world(healthy())
    main(["doctor", "collect", str(tmp_path / "made"), "--no-aws"])
    live, dump = LiveReader.of(kubeconfig), DumpReader(tmp_path / "made")
    readings = dict.fromkeys(each for check in all_checks() for each in check.reads)
    wanted = [each for each in readings if isinstance(each, (Objects, ApiVersion))]
    assert len(wanted) > 15
    for reading in wanted:
        here, there = live.read(reading), dump.read(reading)
        assert here is not None
        assert there is not None
        assert list(there.objects) == list(here.objects), reading
        assert (there.served, there.partly) == (here.served, here.partly)

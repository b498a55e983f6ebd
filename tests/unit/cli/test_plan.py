from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from cdk_eks_cilium.cli import main
from tests.refusals import worded
from tests.unit.settings.rules.existing_vpc import EXISTING

ROOT = Path(__file__).resolve().parents[3]
TOO_MANY = [{"name": "workers", "min_size": 2, "max_size": 40}]
SMALL = {"network": {"pod_cidr": "100.64.0.0/20"}, "node_groups": TOO_MANY}


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A function that writes settings, calls the command for them, and returns what it says."""

    def call(*words: str, **content: Any) -> tuple[int, str, str]:
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(content))
        status = main(["plan", "--settings", str(file), *words])
        captured = capsys.readouterr()
        return status, captured.out, worded(captured.err)

    return call


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_the_tables_say_what_nodes_take_and_what_is_free(plan: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = plan()
    assert (status, err) == (0, "")
    assert words(out)[:12] == [
        "6 nodes with 660 pods at most fit",
        "The smallest pod range with room for updates and a fifth to spare: 100.64.0.0/20",
        "Node groups",
        "group types nodes pods/node prefixes/node pod ENIs/node",
        "workers m6i.large 2 to 6 110 8 1",
        "Pod subnets, in /28 blocks at worst; 'fit' is how many nodes would",
        "zone pod subnet nodes there min max update free fit",
        "eu-west-1a 100.64.0.0/18 1 to 2 1,022 9 18 36 98 % 113",
        "eu-west-1b 100.64.64.0/18 1 to 2 1,022 9 18 36 98 % 113",
        "eu-west-1c 100.64.128.0/18 1 to 2 1,022 9 18 36 98 % 113",
        "Of the 1,022 /28 blocks of a /18, 1,020 can be prefixes at max size, beside the primary addresses "
        "of 2 interfaces",
        "Ways of the pods",
    ]
    assert "Network interfaces per Region 12 5,000 unknown 2,500" in words(out)


def test_what_keeps_the_cluster_is_said_with_what_refuses_a_destroy(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    _, unprotected, _ = plan()
    _, protected, _ = plan(termination_protection=True, deletion_protection=True)

    assert "termination_protection off one command destroys everything" in words(unprotected)
    assert "A destroy is refused" not in unprotected
    assert words(protected)[-1] == (
        "A destroy is refused by termination_protection and deletion_protection: set them to false, deploy, "
        "then destroy."
    )


def test_what_keeps_the_cluster_is_in_the_data_too(plan: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = plan("--json", termination_protection=True)
    data = json.loads(out)

    assert data["destroy_blocked_by"] == ["termination_protection"]
    assert data["cluster"][0]["setting"] == "upgrade_policy"


def test_the_ways_in_and_the_end_of_the_egress_are_told(plan: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = plan()
    assert "Ways to the pods" in words(out)
    assert any(line.startswith("hostPort of a pod no nothing listens") for line in words(out))
    assert out.count("egress: 'node' ends with Cilium 1.21") == 1


def test_the_load_balancer_controllers_values_are_ready_to_paste(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    _, out, _ = plan(network=EXISTING)
    known = "--set clusterName=platform --set region=eu-west-1 --set vpcId=vpc-0123456789abcdef0"
    assert known in words(out)
    _, out, _ = plan()
    look = "$(aws eks describe-cluster --region eu-west-1 --name platform --query"
    assert f"--set region=eu-west-1 --set vpcId={look}" in " ".join(words(out))


def test_few_elastic_ips_are_told_by_the_environments_that_fit(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    told = "An environment like this one takes 3 Elastic IPs, one for each NAT gateway"
    _, out, _ = plan()
    assert f"{told}, and a Region has room for 1 by default" in " ".join(words(out))
    _, out, _ = plan(network={"nat_gateways": 1})
    assert "Elastic IP addresses per Region 1 5 unknown" in words(out)
    assert "An environment like this one takes" not in out


def test_an_existing_vpc_gets_the_list_of_what_it_must_let_in(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    _, out, _ = plan(network=EXISTING)
    assert "What this VPC must let in from the pods' ranges" in words(out)
    _, out, _ = plan("--json", network=EXISTING)
    assert len(json.loads(out)["must_let_in"]) == 5


def test_without_prefixes_addresses_are_counted(plan: Callable[..., tuple[int, str, str]]) -> None:
    groups = [{"name": "workers", "instance_types": ["m6i.2xlarge"]}]
    _, out, _ = plan(cilium={"eni": {"prefix_delegation": False}}, node_groups=groups)
    assert "Pod subnets, in addresses at worst; 'fit' is how many nodes would" in words(out)
    assert "workers m6i.2xlarge 2 to 6 41 45 3" in words(out)
    assert "eu-west-1a 100.64.0.0/18 1 to 2 16,379 45 90 180 99 % 363" in words(out)


def test_a_plan_that_does_not_hold_is_shown_with_its_problem_and_ends_with_1(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, _ = plan(**SMALL)
    first, problem, smallest, *_ = words(out)
    assert status == 1
    assert first == "40 nodes with 4,400 pods at most do not fit"
    assert problem.startswith("network.pod_cidr: must hold 14 nodes at max_size in eu-west-1a")
    assert smallest.endswith(": 100.64.0.0/18")
    assert "eu-west-1a 100.64.0.0/22 1 to 14 62 9 126 144 0 % 6" in words(out)


def test_what_else_is_wrong_is_refused_as_ever(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, err = plan(region="nowhere", **SMALL)
    assert (status, out) == (1, "")
    assert err.startswith("mine.yaml: 1 problem\n  region: ")


def test_the_data_has_every_number_of_the_tables(plan: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = plan("--json")
    data = json.loads(out)
    assert status == 0
    assert (data["fits"], data["problems"], data["smallest_pod_cidrs"]) == (True, [], ["100.64.0.0/20"])
    assert data["node_groups"][0]["per_node"] == {
        "prefixes": 8,
        "single_addresses": 0,
        "interfaces": 1,
        "addresses": 129,
    }
    zone = data["zones"][0]
    assert zone["nodes"] == {"minimum": 1, "maximum": 2, "surge": 4}
    assert zone["subnets"][0]["free_blocks"] == 1022 - 18
    assert [way["source_address"] for way in data["ways"]] == [
        "the pod's own address",
        "the NAT gateway's public address",
    ]
    assert {quota["name"]: quota["used"] for quota in data["quotas"]}["Subnets per VPC"] == 9


def test_data_of_a_plan_that_does_not_hold_says_so_on_both_outputs(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, err = plan("--json", **SMALL)
    data = json.loads(out)
    assert (status, data["fits"]) == (1, False)
    assert [err.strip()] == data["problems"]


def test_no_range_is_proposed_where_the_subnets_are_there_or_reserved(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    _, out, _ = plan("--json", network={"reserve_prefixes": True})
    assert json.loads(out)["smallest_pod_cidrs"] is None


def test_a_range_that_is_proposed_keeps_clear_of_the_premises(
    plan: Callable[..., tuple[int, str, str]],
) -> None:
    beyond = {"cidrs": ["100.64.0.0/16"], "transit_gateway_id": "tgw-0123456789abcdef0"}
    _, out, _ = plan("--json", network={"pod_cidr": "100.65.0.0/16", "on_premises": beyond})
    assert json.loads(out)["smallest_pod_cidrs"] == ["100.65.0.0/20"]


def test_the_picture_is_written_in_place_of_the_tables(
    plan: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "addresses.svg"
    assert plan("--svg", str(file)) == (0, "", f"wrote {file}\n")
    assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_picture_that_cannot_be_written_is_refused(
    plan: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "nowhere" / "addresses.svg"
    said = (
        "1 problem\n  --svg: must be a file that can be written: no such file or directory, "
        f"got '{file}'; name another\n"
    )
    assert plan("--svg", str(file)) == (2, "", said)


def test_tables_need_rich(
    plan: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(SystemExit) as ended:
        plan()
    assert ended.value.code == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith("tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json")
    )


def test_the_command_needs_nothing_of_cdk() -> None:
    code = (
        "import sys\n"
        "from cdk_eks_cilium.cli import main\n"
        "main(['plan', '--json', '--settings', sys.argv[1]])\n"
        "sys.exit('aws_cdk' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "settings.yaml")],
        cwd=ROOT / "constructs",
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0

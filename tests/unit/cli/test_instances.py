"""``instances``: what is written and where, from EC2 and from what the AWS CLI got."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_eks_cilium.addressing import find, known, read_facts
from cdk_eks_cilium.settings import parse
from tests.unit.cli.instances import REGION, call, element, page, respond, usage

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.usefixtures("aws_environment")


# What is written


@pytest.mark.usefixtures("moto")
def test_all_types_of_a_region_are_written_and_the_settings_read_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "facts.csv"
    status, out, err = call(capsys, "--region", REGION, "--output", str(file))
    facts = read_facts(file.read_text(encoding="utf-8"))
    assert (status, out) == (0, "")
    assert facts.source.startswith(f"EC2 DescribeInstanceTypes, region {REGION}, written ")
    assert set(facts.types) <= known()
    assert facts.types["m6i.large"] == find("m6i.large")
    count = len(facts.types)
    assert err == f"{file}: {count} instance types; the library's table has {count} of them\n"
    assert parse({"instance_facts": str(file)}).instance_facts == str(file)
    assert [each.name for each in tmp_path.iterdir()] == ["facts.csv"]


@pytest.mark.usefixtures("moto")
def test_single_types_are_printed_where_no_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--region", REGION, "--type", "m6i.large", "c7g.xlarge", "--type", "m6i.large")
    status, out, err = call(capsys, *words)
    assert (status, sorted(read_facts(out).types)) == (0, ["c7g.xlarge", "m6i.large"])
    assert err == "standard output: 2 instance types; the library's table has 2 of them\n"


@pytest.mark.usefixtures("moto")
def test_the_region_is_by_default_that_of_the_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-north-1\n")
    _, out, _ = call(capsys, "--type", "m6i.large")
    assert out.startswith("# EC2 DescribeInstanceTypes, region eu-north-1, written ")


def test_every_page_of_the_answer_is_read(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def handle(request: BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        respond(request, 200, page(["z9.huge"]) if "NextToken" in asked else page(["z9.large"], "more"))

    serve(handle)
    _, out, err = call(capsys, "--region", REGION)
    assert list(read_facts(out).types) == ["z9.huge", "z9.large"]
    assert err.splitlines()[1:] == ["  new to the library: z9.huge, z9.large"]


def test_many_types_are_asked_for_a_hundred_at_a_time(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"z{number}.large" for number in range(150)]
    sizes = []

    def handle(request: BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        wanted = [value for key, (value,) in asked.items() if key.startswith("InstanceType.")]
        sizes.append(len(wanted))
        respond(request, 200, page(wanted))

    serve(handle)
    _, out, err = call(capsys, "--region", REGION, "--type", *names)
    assert sizes == [100, 50]
    assert sorted(read_facts(out).types) == sorted(names)
    assert err.splitlines()[1].endswith(", z115.large, and 130 more")


def test_new_different_and_removed_types_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, answer = tmp_path / "facts.csv", tmp_path / "answer.json"
    answer.write_text(json.dumps({"InstanceTypes": [element("z9.large"), element("z8.large")]}))
    call(capsys, "--from-json", str(answer), "--output", str(file))
    network = {"MaximumNetworkInterfaces": 4, "Ipv4AddressesPerInterface": 15}
    answer.write_text(
        json.dumps({"InstanceTypes": [element("z9.large"), element("m6g.large", NetworkInfo=network)]})
    )
    status, _, err = call(capsys, "--from-json", str(answer), "--output", str(file))
    assert status == 0
    assert err.splitlines() == [
        f"{file}: 2 instance types; the library's table has 1 of them",
        "  new to the library: z9.large",
        "  different from the library: m6g.large (enis 4, not 3, ipv4_per_eni 15, not 10)",
        "  no longer in the file: z8.large",
    ]


# What the AWS CLI got


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_aws_cli_s_output_is_read_as_any_shell_writes_it(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = json.dumps({"InstanceTypes": [element("z9.large")]}).encode(encoding)
    (tmp_path / "answer.json").write_bytes(answer)
    _, from_file, _ = call(capsys, "--from-json", str(tmp_path / "answer.json"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(answer)))
    _, from_stdin, _ = call(capsys, "--from-json", "-")
    assert from_file == from_stdin
    assert from_file.splitlines()[1:] == [
        "name,enis,ipv4_per_eni,hypervisor,vcpus,architecture,memory_mib",
        "z9.large,3,10,nitro,2,arm64,8192",
    ]


def test_a_part_of_an_answer_is_warned_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"InstanceTypes": [element("z9.large")], "NextToken": "more"}))
    status, _, err = call(capsys, "--from-json", str(file))
    assert status == 0
    assert err.splitlines()[0] == (
        f"warning: {file}: the answer is only the first part; leave out --no-paginate and --max-items"
    )


CLI = "; write it with 'aws ec2 describe-instance-types --output json'"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", ": must be JSON, got 'Expecting value: line 1 column 1 (char 0)'"),
        ("[" * 100_000, None),
        ("\xff\xfe\xff", None),
        ("[]", ": must be an object with the list InstanceTypes, got 'list'"),
        (
            '{"Reservations": []}',
            ": must be an object with the list InstanceTypes, got ['Reservations']",
        ),
        ('{"InstanceTypes": []}', ": must have at least one instance type, got []"),
        (
            json.dumps({"InstanceTypes": [element("z9.large"), {"InstanceType": "z8.large"}]}),
            ", InstanceTypes[1]: must have the key NetworkInfo, got 'z8.large'",
        ),
        (
            '{"InstanceTypes": ["z9.large"]}',
            ", InstanceTypes[0]: must describe an instance type as EC2 does, got 'str'",
        ),
        (
            json.dumps({"InstanceTypes": [element("z9.large", NetworkInfo=None)]}),
            ", InstanceTypes[0]: must describe an instance type as EC2 does, got 'dict'",
        ),
    ],
)
def test_an_invalid_answer_is_refused(
    answer: str, expected: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(answer.encode("latin-1"))
    status, out, err = call(capsys, "--from-json", str(file))
    assert (status, out) == (1, "")
    if expected is None:
        assert err.startswith(f"1 problem\n  {file}: must be JSON, got ")
    else:
        assert err == f"1 problem\n  {file}{expected}{CLI}\n"


def test_impossible_values_are_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "answer.json"
    strange = [element("#\nz9", Hypervisor="vmware"), element("z9.large", VCpuInfo={"DefaultVCpus": 0})]
    file.write_text(json.dumps({"InstanceTypes": strange}))
    assert call(capsys, "--from-json", str(file)) == (
        1,
        "",
        "3 problems\n"
        f"  {file}, InstanceTypes[0]: name: must be the name of a type, got '#\\nz9'\n"
        f"  {file}, InstanceTypes[0]: hypervisor: must be one of nitro, xen, metal, got 'vmware'\n"
        f"  {file}, InstanceTypes[1]: vcpus: must be a number of 1 or more, got '0'\n",
    )


def test_a_missing_answer_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nowhere.json"
    rule = "--from-json: must be a file that can be read: no such file or directory"
    assert call(capsys, "--from-json", str(file)) == (2, "", f"1 problem\n  {rule}, got '{file}'{CLI}\n")


# Where it is written


def test_a_file_of_something_else_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("name: shop\n")
    assert call(capsys, "--region", REGION, "--output", str(file)) == (
        2,
        "",
        f"1 problem\n  --output: must be a new file or a file of instance facts, got '{file}'; name "
        "another, or delete it\n",
    )
    assert file.read_text() == "name: shop\n"


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nowhere" / "facts.csv"
    assert call(capsys, "--region", REGION, "--output", str(file)) == (
        2,
        "",
        f"1 problem\n  --output: must be in a folder that exists, got '{file}'; make the folder\n",
    )


def test_a_folder_is_not_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--region", REGION, "--output", str(tmp_path)) == (
        2,
        "",
        "1 problem\n  --output: must be a file that can be replaced: is a directory, got "
        f"'{tmp_path}'; name another\n",
    )


def test_a_file_stays_as_it_was_when_its_successor_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, file = tmp_path / "answer.json", tmp_path / "facts.csv"
    answer.write_text(json.dumps({"InstanceTypes": [element("z9.large")]}))
    call(capsys, "--from-json", str(answer), "--output", str(file))
    before = file.read_text()

    def full(self: Path, *_: Any, **__: Any) -> None:
        self.write_bytes(before.encode()[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert call(capsys, "--from-json", str(answer), "--output", str(file)) == (
        2,
        "",
        "1 problem\n  --output: must be a file that can be written: no space left on device, got "
        f"'{file}'; name another\n",
    )
    assert file.read_text() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answer.json", "facts.csv"]


def test_a_symbolic_link_stays_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer, link = tmp_path / "answer.json", tmp_path / "link.csv"
    answer.write_text(json.dumps({"InstanceTypes": [element("z9.large")]}))
    link.symlink_to(tmp_path / "facts.csv")
    call(capsys, "--from-json", str(answer), "--output", str(link))
    assert link.is_symlink()
    assert list(read_facts((tmp_path / "facts.csv").read_text()).types) == ["z9.large"]


# Calls that cannot be served


def test_a_missing_region_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys).endswith(
        "error: no region: name one with --region, in AWS_DEFAULT_REGION or in the profile"
    )


def test_without_boto3_the_error_names_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert usage(capsys, "--region", REGION).endswith(
        "error: EC2 needs boto3: pip install 'cdk-eks-cilium[cli]', or use --from-json"
    )


@pytest.mark.parametrize("words", [("--region", REGION), ("--type", "m6i.large")])
def test_a_given_answer_needs_no_call_of_ec2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage(capsys, "--from-json", "-", *words).endswith(
        "error: --from-json goes with neither --region nor --type"
    )


def test_no_other_command_imports_boto3() -> None:
    code = "import sys; from cdk_eks_cilium.cli import main; main(['values']); print('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "constructs", capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "False", done.stderr

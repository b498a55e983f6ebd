"""Options that choose what is played and how it is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.__main__ import main
from rehearsal.cloudformation.state import Event
from rehearsal.rehearse import rehearse

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
NOTE = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
UNKNOWN = {"Type": "AWS::Quantum::Computer"}


@pytest.fixture
def assembly(tmp_path: Path) -> Callable[..., Path]:
    """Three stacks: `top` needs `middle`, which needs `base`; `other` stands alone. Ids differ from names."""

    def write(name: str = "assembly", **replaced: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        needs = {"base": [], "middle": ["Base"], "top": ["Middle"], "other": []}
        artifacts = {}
        for stack, dependencies in needs.items():
            template = {"Resources": {"Thing": replaced.get(stack, VPC if stack == "base" else NOTE)}}
            (folder / f"{stack}.json").write_text(json.dumps(template))
            artifacts[stack.title()] = {
                "type": "aws:cloudformation:stack",
                "environment": "aws://123456789012/eu-west-1",
                "properties": {"templateFile": f"{stack}.json", "stackName": stack},
                "dependencies": dependencies,
            }
        (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        return folder

    return write


def test_only_a_stack_and_what_it_needs_are_played(assembly: Callable[..., Path]) -> None:
    report = rehearse(assembly(), only=["middle"])
    assert report.succeeded
    assert (report.stacks, report.needed) == (("middle",), ("base",))
    assert {event.stack for event in report.events} == {"base", "middle"}


def test_the_report_is_about_the_named_stack_alone(assembly: Callable[..., Path]) -> None:
    seen: list[Event] = []
    report = rehearse(assembly(), only=["middle"], listener=seen.append)
    assert {event.stack for event in report.shown} == {event.stack for event in seen} == {"middle"}
    assert {bar.stack for bar in report.timeline.bars} == {"middle"}
    assert min(bar.start for bar in report.timeline.bars) == 0.0
    assert [key for key in report.summary if key.startswith("stack ")] == ["stack middle"]


def test_several_stacks_may_be_named(assembly: Callable[..., Path]) -> None:
    report = rehearse(assembly(), only=["other", "base"])
    assert (set(report.stacks), report.needed) == ({"base", "other"}, ())


def test_a_failure_of_a_needed_stack_is_reported(assembly: Callable[..., Path]) -> None:
    report = rehearse(assembly(base=UNKNOWN), only=["top"])
    assert not report.succeeded
    assert list(report.failures) == ["base/Thing"]
    assert {event.status for event in report.shown} >= {"CREATE_FAILED", "ROLLBACK_COMPLETE"}


def test_a_stack_that_is_not_needed_cannot_fail_it(assembly: Callable[..., Path]) -> None:
    assert rehearse(assembly(other=UNKNOWN), only=["top"]).succeeded


def test_an_unknown_name_is_refused_with_the_names_that_exist(
    assembly: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(assembly()), "--only", "nothing", "--only", "top"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("--only: names of stacks, of ")
    assert error.endswith(", got nothing; name one of them\n")
    assert set(error.partition(", got")[0].removeprefix("--only: names of stacks, of ").split(", ")) == {
        "base",
        "middle",
        "top",
        "other",
    }


def test_an_update_without_the_stack_is_refused_before_anything_is_played(
    assembly: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = assembly(), assembly("second")
    manifest = json.loads((second / "manifest.json").read_text())
    del manifest["artifacts"]["Other"]
    (second / "manifest.json").write_text(json.dumps(manifest))
    assert main([str(first), "--update", str(second), "--only", "other"]) == 2
    captured = capsys.readouterr()
    assert "got other" in captured.err
    assert captured.out == ""


def test_the_timeline_knows_dependencies_by_the_names_of_stacks(assembly: Callable[..., Path]) -> None:
    bars = {bar.stack: bar for bar in rehearse(assembly()).timeline.bars}
    assert bars["base"].end == bars["middle"].start
    assert bars["middle"].end == bars["top"].start
    assert bars["other"].start == 0.0


def test_the_command_writes_timeline_and_page(assembly: Callable[..., Path], tmp_path: Path) -> None:
    svg, html = tmp_path / "t.svg", tmp_path / "r.html"
    assert (
        main([str(assembly()), "--only", "top", "--timeline", str(svg), "--html", str(html), "--json"]) == 0
    )
    assert svg.read_text().startswith("<svg ")
    assert "Rehearsal of top</h1>" in html.read_text()
    assert "base, middle, because the stacks of this report need them" in html.read_text()


@pytest.mark.parametrize("option", ["--html", "--timeline"])
def test_a_file_that_cannot_be_written_is_told_before_the_rehearsal(
    assembly: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    folder = assembly()
    assert main([str(folder), option, str(tmp_path / "missing" / "x")]) == 2
    assert main([str(folder), option, str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"{tmp_path / 'missing' / 'x'}: its folder is missing; make it first",
        f"{tmp_path}: a folder; name a file",
    ]
    assert captured.out == ""


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (["--json"], "assembly", "no manifest.json"),
        (["--json", "--only"], "usage", "--only: expected one argument"),
        (["--fail-on", "never", "--json"], "usage", "argument --fail-on: invalid choice"),
        (["--json", "--no-such"], "usage", "unrecognized arguments: --no-such"),
    ],
)
def test_errors_are_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], kind: str, text: str
) -> None:
    try:
        status = main([str(tmp_path), *words])
    except SystemExit as end:
        status = int(str(end.code))
    captured = capsys.readouterr()
    given = json.loads(captured.out)
    assert (status, given["version"], given["exit_status"], given["error"]["kind"]) == (2, 1, 2, kind)
    assert text in given["error"]["message"]
    assert captured.err == ""

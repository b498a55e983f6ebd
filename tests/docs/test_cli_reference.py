"""The page of the commands: each command, with the arguments of its parser."""

from __future__ import annotations

import argparse

import pytest

from cdk_eks_cilium.cli.main import COMMANDS
from scripts.cli_reference import _meaning, _spelt, command_arguments
from tests.docs.blocks import ROOT


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_section_with_an_answer(name: str) -> None:
    section = command_arguments().split(f"### {name}\n", 1)[1].split("\n### ")[0]
    assert section.strip()[0].isupper()


def argument(*names: str, **options: object) -> argparse.Action:
    return argparse.ArgumentParser().add_argument(*names, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (argument("--json", action="store_true"), "`--json`"),
        (argument("--svg", metavar="FILE"), "`--svg FILE`"),
        (argument("--kind", choices=["a", "b"]), "`--kind a|b`"),
        (argument("--diff", nargs=2, metavar=("OLD", "NEW")), "`--diff OLD NEW`"),
        (argument("--type", nargs="+"), "`--type TYPE ...`"),
        (argument("files", nargs="+", metavar="FILE"), "`FILE ...`"),
        (argument("-a", "--all", action="store_true"), "`-a`, `--all`"),
    ],
)
def test_an_argument_is_spelt_as_people_write_it(action: argparse.Action, expected: str) -> None:
    assert _spelt(action) == expected


def test_a_meaning_has_its_default_and_says_what_is_required() -> None:
    assert _meaning(argument("--a", default=3, help="how many (default: %(default)s)")) == (
        "how many (default: 3)"
    )
    assert _meaning(argument("--a", required=True, help="a thing")) == "a thing (required)"


def test_the_page_has_every_exit_status() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert [line[:5] for line in page.splitlines() if line[2:3].isdigit()] == ["| 0 |", "| 1 |", "| 2 |"]

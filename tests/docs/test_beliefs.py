"""Code refers to the ledger of beliefs, and the rehearsal models no rule that is not in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cdk_eks_cilium.beliefs import SURE, beliefs
from scripts import belief_marks, beliefs_page
from scripts.belief_marks import NO_BELIEF, ROOT, Place, faults, places, users
from tests.docs.blocks import blocks_of
from tests.docs.test_operations import hold_against_botocore

# The names of marks are put together, so that these are not marks of this file's own.
MARK = "# belief" + ":"
NONE = "# no " + "belief"

SOURCE = f"""
from errors import RefusedError

{MARK} CFN-module

QUICK = Duration(3, "somewhere")  {MARK} CFN-durations
SLOW = Duration(30, COMMON)
LATE = Duration(30, "somewhere")


class Handler:
    {MARK} CFN-handler, EC2-handler
    types = ("AWS::EC2::VPC",)

    def create(self):
        if one:
            raise RefusedError("no mark")
        {MARK} CFN-at-the-condition
        if two:
            raise RefusedError("marked")
        for each in many:
            {NONE}: a limit
            raise refused(each)
        raise ValueError("Python's own")

    {MARK} CFN-at-the-function
    @staticmethod
    def update():
        error = RefusedError("made first")
        raise error


class Other(Handler):
    types = ("AWS::EC2::Subnet",)
    adversary = Adversary("AWS::EC2::VPC")
"""


@pytest.fixture
def found(tmp_path: Path) -> list[Place]:
    (tmp_path / "types.py").write_text(SOURCE)
    return places(tmp_path)


def test_the_rehearsal_models_no_rule_that_is_not_in_the_ledger() -> None:
    assert faults() == []


def test_the_rehearsal_has_as_many_places_as_a_look_at_it_shows() -> None:
    """Should the search break, it would find nothing, and nothing would lack a mark."""
    what = [place.what for place in places()]
    modules = [path for path in belief_marks.REHEARSAL.rglob("*.py") if not path.name.startswith("__")]
    assert what.count("the module") == len(modules) > 60
    assert sum(each.startswith("the handler ") for each in what) > 35
    assert sum(each.startswith("the refusal ") for each in what) > 100


def test_every_belief_is_one_that_code_relies_on() -> None:
    assert sorted(set(beliefs()) - set(users())) == []


def test_what_must_have_a_mark_is_found_with_its_marks(found: list[Place]) -> None:
    assert [(place.what, place.ids) for place in found[1:]] == [
        ("the Duration", ("CFN-durations",)),
        ("the Duration", ()),
        (
            "the handler Handler",
            ("CFN-handler", "EC2-handler", "CFN-at-the-condition", NO_BELIEF, "CFN-at-the-function"),
        ),
        ("the refusal RefusedError", ()),
        ("the refusal RefusedError", ("CFN-at-the-condition",)),
        ("the refusal refused", (NO_BELIEF,)),
        ("the refusal RefusedError", ("CFN-at-the-function",)),
        ("the handler Other", ()),
        ("the Adversary", ()),
    ]


def test_a_place_without_a_mark_is_named_with_the_fix(found: list[Place], tmp_path: Path) -> None:
    said = faults(tmp_path)
    assert len(said) == 4
    assert said[1] == (
        f"{tmp_path.name}/types.py:17: the refusal RefusedError has no belief; add `{MARK} ID` to it, and "
        "the belief to constructs/cdk_eks_cilium/beliefs/data"
    )


def test_a_module_without_any_mark_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "quiet.py").write_text("A = 1\n")
    assert [(place.module, place.ids) for place in places(tmp_path)] == [("quiet.py", ())]


def test_a_mark_of_an_unknown_belief_is_named_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(belief_marks, "users", lambda: {"CFN-no-such": ("lambda/a.py", "lambda/b.py")})
    assert faults() == [
        "lambda/a.py, lambda/b.py: CFN-no-such is not in the ledger; add it to "
        "constructs/cdk_eks_cilium/beliefs/data"
    ]


def test_the_example_for_contributors_is_an_entry_of_the_ledger() -> None:
    (block,) = [each for each in blocks_of(ROOT / "CONTRIBUTING.md") if each.info == "yaml belief"]
    assert block.text in (ROOT / "constructs/cdk_eks_cilium/beliefs/data/eks.yaml").read_text(
        encoding="utf-8"
    )


ASKED = sorted({part for each in beliefs().values() if each.ask for part in re.split(r" *[|;] +", each.ask)})


@pytest.mark.parametrize("command", [each for each in ASKED if each.startswith("aws ")])
def test_a_question_to_aws_is_an_operation_with_its_parameters(command: str) -> None:
    hold_against_botocore(command)


@pytest.mark.parametrize("command", [each for each in ASKED if not each.startswith("aws ")])
def test_any_other_question_is_a_command_for_the_cluster_the_node_or_the_app(command: str) -> None:
    known = {"kubectl", "hubble", "helm", "cdk", "cdk-eks-cilium", "curl", "journalctl", "apiclient", "grep"}
    assert shlex.split(command)[0] in known | {"base64"}


def test_the_page_begins_with_the_least_sure_and_the_least_checked() -> None:
    order = beliefs_page.in_order()
    assert {each.id for each in order} == set(beliefs())
    sure = [list(SURE).index(each.sure) for each in order]
    assert sure == sorted(sure)
    inferred = [beliefs_page.check_of(each) for each in order if each.sure == "inferred"]
    best = list(beliefs_page.CHECKS)
    assert [best.index(each) for each in inferred] == sorted(map(best.index, inferred), reverse=True)


def test_the_page_has_each_belief_once_under_every_belief_and_its_counts_add_up() -> None:
    page = (ROOT / "docs/beliefs.md").read_text(encoding="utf-8")
    listed = page.split("\n## Every belief\n", 1)[1]
    assert [each for each in beliefs() if listed.count(f"\n| `{each}` |") != 1] == []
    last = next(line for line in page.splitlines() if line.startswith("| All |"))
    *parts, total = (int(cell) for cell in last.strip("|").split("|")[1:])
    assert sum(parts) == total == len(beliefs())


UNCHECKED = {"a question", "nothing"}
"""The kinds of beliefs that nobody checks."""


@pytest.mark.parametrize("check", sorted({*beliefs_page.CHECKS} - UNCHECKED))
def test_each_kind_of_check_has_beliefs(check: str) -> None:
    assert any(beliefs_page.check_of(each) == check for each in beliefs().values())


def test_every_belief_is_checked_by_something() -> None:
    assert [name for name, each in beliefs().items() if beliefs_page.check_of(each) in UNCHECKED] == []

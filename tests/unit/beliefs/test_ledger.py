"""The ledger of beliefs, as data: complete, and without references into the void."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_eks_cilium.beliefs import AREAS, SURE, Belief, beliefs, ledger
from cdk_eks_cilium.problems import InputError

ONE = "- {id: CFN-one, rule: A stack has a name., sure: inferred}\n"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an empty ledger, in place of ours."""
    for area in AREAS:
        (tmp_path / f"{area.lower()}.yaml").write_text("[]\n")
    monkeypatch.setattr(ledger, "_DATA", tmp_path)
    beliefs.cache_clear()
    yield tmp_path
    beliefs.cache_clear()


def every() -> list[Belief]:
    return list(beliefs().values())


def test_every_area_has_beliefs() -> None:
    assert {each.area for each in every()} == set(AREAS)
    assert len(every()) > 200


def test_every_file_of_data_is_of_an_area() -> None:
    assert {path.stem for path in Path(ledger.__file__).with_name("data").iterdir()} == {
        area.lower() for area in AREAS
    }


@pytest.mark.parametrize("belief", every(), ids=lambda each: each.id)
def test_a_rule_is_one_sentence_and_has_a_source_unless_it_is_inferred(belief: Belief) -> None:
    assert re.fullmatch(r"(?!.*\. [A-Z]).*[^.]\.", belief.rule)
    assert bool(belief.sources) or belief.sure == "inferred"
    assert belief.sure != "tried" or belief.proof


def test_no_source_was_read_before_the_project_began() -> None:
    days = [source.seen for belief in every() for source in belief.sources if source.seen]
    assert min(days) >= dt.date(2026, 11, 23)


def test_every_test_that_is_named_exists(root: Path) -> None:
    """Some name a folder, most a file, and many a test in it."""
    named = {each for belief in every() for each in (*belief.proof, *belief.tests)}
    assert len(named) > 100
    for each in sorted(named):
        path, _, test = each.partition("::")
        assert each.startswith("tests/"), each
        assert (root / path).exists(), each
        assert not test or f"def {test}(" in (root / path).read_text(encoding="utf-8"), each


def test_a_belief_is_read_from_the_file_of_its_area(data: Path) -> None:
    (data / "cfn.yaml").write_text(ONE)
    assert list(beliefs()) == ["CFN-one"]
    assert beliefs()["CFN-one"].sure in SURE


@pytest.mark.parametrize(("file", "text"), [("eks.yaml", ONE), ("cfn.yaml", ONE * 2)])
def test_an_id_of_another_area_or_belief_is_refused(file: str, text: str, data: Path) -> None:
    (data / file).write_text(text)
    with pytest.raises(ValueError, match=rf"{file}: CFN-one must be new, and begin with {file[:3].upper()}-"):
        beliefs()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{id: one, rule: A., sure: inferred}", "cfn.yaml: 1. id"),
        ("{id: CFN-one, rule: '', sure: inferred}", "cfn.yaml: 1. rule"),
        ("{id: CFN-one, rule: A., sure: certain}", "cfn.yaml: 1. sure"),
        ("{id: CFN-one, rule: A., sure: inferred, note: b}", "cfn.yaml: 1. note"),
        ("{id: CFN-one, rule: A., sure: read, sources: [{url: 'http://a.b'}]}", "cfn.yaml: 1. sources"),
    ],
)
def test_a_malformed_entry_is_named_with_its_place(entry: str, problem: str, data: Path) -> None:
    (data / "cfn.yaml").write_text(f"- {entry}\n")
    with pytest.raises(InputError, match=re.escape(problem)):
        beliefs()

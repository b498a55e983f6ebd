"""Each rule that an input can break has an id of its own, for good, and a line in docs/problems.md."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from scripts import problem_ids
from scripts.problem_ids import ROOMS, ROOT, faults, ledger, next_ids, sites

SOURCE = """
_FEW = 3
_ALL = "in all"
_RULE = f"must be few {_ALL}"

def _words(count):
    if count > _FEW:
        return f"must be at most {_FEW}"
    return _RULE

# Many are slow.
def check(where, count):
    rule = "must be one" + f" of {where!r}"
    yield Problem(where, rule, count, "write " + (f"'{count.text}'" if count else "nothing"))
    yield Problem(where, _words(count), fix="a", id="CEK1002")
    # EKS asks for it.
    if count:
        raise refusal("kind_of_error", "must be there", "add it")
    yield place.problem("must be far", id="CEK1003")  # Nobody is near.
    yield Problem(where, each.rule, id=each.id)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings/rules.py").write_text(SOURCE)
    return tmp_path


def test_every_rule_has_an_id_of_its_own() -> None:
    assert faults() == []


def test_every_id_is_on_the_page_with_its_rule() -> None:
    page = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
    found = sites()
    assert len(found) > 300
    assert [site.id for site in found if f"| `{site.id}` | " not in page] == []


def test_the_example_on_the_page_is_a_real_refusal() -> None:
    with pytest.raises(InputError) as caught:
        parse({"network": {"nat_gateways": "3"}}, title="settings.yaml")
    assert f"```text refused\n{caught.value}\n```" in (ROOT / "docs/problems.md").read_text(encoding="utf-8")


def test_no_id_was_ever_dropped_from_the_ledger() -> None:
    """Ids fill each ten from its start without a gap, so that a line that was removed there is missed.

    Themes begin with a ten of their own.
    """
    assert {site.id for site in sites()} <= set(ledger())
    for ten, found in groupby(sorted(ledger()), key=lambda each: each[:-1]):
        digits = [int(each[-1]) for each in found]
        assert digits == list(range(digits[0], digits[0] + len(digits))), ten
        assert digits[0] == 0 or ten.endswith("00"), ten


def test_a_rule_is_read_with_its_words_fix_and_reason(library: Path) -> None:
    assert [(site.id, site.rule, site.fix, site.why) for site in sites(library)] == [
        (None, "must be one of '{where}'", "write '{text}' / nothing", "Many are slow."),
        ("CEK1002", "must be at most 3 / must be few in all", "a", "Many are slow."),
        (None, "must be there", "add it", "EKS asks for it."),
        ("CEK1003", "must be far", "", "Nobody is near."),
    ]


def test_the_error_for_a_rule_without_an_id_names_a_free_id(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problem_ids, "ledger", lambda: {"CEK1007": "gone"})
    assert faults(sites(library)) == [
        'settings/rules.py:14 needs an id; add id="CEK1008"',
        'settings/rules.py:18 needs an id; add id="CEK1009"',
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "CEK1002",
            "settings/rules.py:19 has the id CEK1002 of another rule; make one function of both rules",
        ),
        ("CEK2003", "settings/rules.py:19 has the id CEK2003; ids of its room are CEK1001 and on"),
        ("CEK13", "settings/rules.py:19 has the id CEK13; ids of its room are CEK1001 and on"),
    ],
)
def test_an_id_of_another_rule_or_room_is_refused(library: Path, given: str, expected: str) -> None:
    (library / "settings/rules.py").write_text(SOURCE.replace("CEK1003", given))
    assert expected in faults(sites(library))


def test_ids_that_are_gone_stay_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem_ids, "ledger", lambda: {"CEK1999": "must be <old>"})
    assert "## Gone" in problem_ids.problems_tables()
    assert "| `CEK1999` | must be \\<old> |" in problem_ids.problems_tables()
    assert "CEK1999\tmust be <old>" in problem_ids.renewed_ledger().splitlines()


def test_only_the_rooms_of_the_library_have_ids() -> None:
    assert set(next_ids([])) == set(ROOMS)
    rooms = {site.digit for site in sites()}
    assert rooms == set(ROOMS)

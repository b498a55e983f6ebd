"""The output of `values --diff`, made to fit a page."""

from __future__ import annotations

from scripts.upgrade_example import WIDTH, fitted
from tests.docs.blocks import ROOT, blocks_of


def test_a_numbered_point_is_wrapped_under_its_words() -> None:
    first, second = fitted([f"  1. {'word ' * 30}"])
    assert first.startswith("  1. word")
    assert second.startswith("     word")
    assert len(first) <= WIDTH


def test_columns_of_a_table_stay_columns_where_cells_are_cut() -> None:
    long = '["' + "x" * 50 + '"]'
    rows = ["Values", f"key     {'OLD':56}NEW", f"  a.b   {long:56}1", f"  c     {'-':56}2", ""]
    head, key, first, second, *_ = fitted(rows)
    assert head == "Values"
    assert first.split() == ["a.b", '["' + "x" * 23 + "[...]", "1"]
    assert key.index("NEW") == first.index("1") == second.index("2")


def test_every_line_of_the_page_fits() -> None:
    shown = [each for each in blocks_of(ROOT / "docs/upgrade-example.md") if each.info == "text printed"]
    assert len(shown) == 2
    assert all(len(line) <= WIDTH for each in shown for line in each.text.splitlines())

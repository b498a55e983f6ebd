"""The page of costs: pieces counted in templates, at prices that have a source."""

from __future__ import annotations

from datetime import date

import pytest

from scripts.costs import HOURS, Price, hourly_table, pieces, prices, prices_table
from scripts.synthesis import variant
from tests.docs.blocks import ROOT


def test_the_pieces_are_those_of_the_templates() -> None:
    assert pieces(variant("{}")) == {
        "EKS cluster": 1,
        "NAT gateway": 3,
        "Public IPv4 address": 3,
        "KMS key": 1,
        "m6i.large": 2,
        # 4 GiB for Bottlerocket, 50 GiB for its images and logs, on each of two nodes.
        "EBS gp3": 108,
    }


def test_every_node_of_every_group_is_counted() -> None:
    given = '{"node_groups": [{"name": "a", "min_size": 3}, {"name": "b", "min_size": 2}]}'
    assert pieces(variant(given))["m6i.large"] == 5


def test_an_existing_key_is_nobodys_piece() -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
    assert pieces(variant(f'{{"secrets_key_arn": "{arn}"}}'))["KMS key"] == 0


def test_a_price_by_the_month_is_spread_over_its_hours() -> None:
    assert Price(HOURS, "month", "", "").hourly == pytest.approx(1)
    assert Price(0.1, "hour", "", "").hourly == 0.1


def test_the_sum_is_that_of_the_rows() -> None:
    rows = [[cell.strip("* ") for cell in line.split("|")[1:-1]] for line in hourly_table().splitlines()[2:]]
    *parts, hour, month = rows
    for column in range(1, 4):
        total = sum(float(row[column]) for row in parts)
        assert float(hour[column]) == pytest.approx(total, abs=0.01)
        assert float(month[column]) == pytest.approx(total * HOURS, abs=1)


def test_every_price_has_a_source_and_the_day_on_which_it_was_read() -> None:
    for name, price in prices().items():
        assert price.source.startswith("https://aws.amazon.com/"), name
        assert date(2026, 9, 1) <= date.fromisoformat(price.seen) <= date(2027, 12, 31), name
        assert f"| {name} | {price.price:g} | {price.unit} | [AWS]({price.source})" in prices_table()


def test_the_guide_to_protection_has_the_same_prices() -> None:
    text = (ROOT / "docs/keeping.md").read_text(encoding="utf-8")
    later, now = prices()["EKS cluster in extended support"].price, prices()["EKS cluster"].price
    assert f"{later:.2f} instead of {now:.2f} USD per hour" in text
    assert f"[{prices()['KMS key'].price:g} USD per month]" in text

"""Template values as text."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.checks.template_text import text_of

JOIN = {"Fn::Join": ["-", ["a", {"Ref": "Cluster"}, {"Fn::GetAtt": ["Cluster", "Arn"]}]]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("shop", "shop"),
        (7, "7"),
        (None, ""),
        ({"Ref": "Cluster"}, "${Cluster}"),
        ({"Fn::GetAtt": ["Cluster", "Arn"]}, "${Cluster.Arn}"),
        ({"Fn::GetAtt": "Cluster.Arn"}, "${Cluster.Arn}"),
        (JOIN, "a-${Cluster}-${Cluster.Arn}"),
        ({"Fn::Join": ["", {"Ref": "Names"}]}, "${Names}"),
        ({"Fn::Sub": "x-${Cluster}"}, "x-${Cluster}"),
        ({"Fn::Sub": ["x-${Own}", {"Own": "y"}]}, "x-${Own}"),
        ({"Fn::Base64": JOIN}, "a-${Cluster}-${Cluster.Arn}"),
        ({"Fn::ImportValue": "shop-cluster"}, "${Fn::ImportValue shop-cluster}"),
    ],
)
def test_references_stay_visible(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_a_name_that_is_known_takes_the_references_place() -> None:
    names = {"Cluster": "shop"}

    assert text_of(JOIN, names) == "a-shop-${Cluster.Arn}"
    assert text_of({"Fn::Sub": "x-${Cluster}-${Vpc}"}, names) == "x-shop-${Vpc}"

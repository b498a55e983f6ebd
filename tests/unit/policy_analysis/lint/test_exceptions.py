"""Exceptions that policies make for themselves."""

from __future__ import annotations

from cdk_eks_cilium.policy_analysis.lint import lint, review
from tests.unit.policy_analysis.lint.written import ccnp, cnp, ids, only

AT = "metadata.annotations['cdk-eks-cilium/ignore']"
OPEN = [{"fromEntities": ["all"]}]


def test_an_exception_with_its_reason_is_kept_apart() -> None:
    report = review([cnp(ingress=OPEN, ignore="CNP026: a honeypot; nobody cares")])

    assert report.findings == ()
    [suppressed] = report.suppressed
    assert suppressed.because == "a honeypot; nobody cares"
    assert suppressed.finding.id == "CNP026"
    assert suppressed.finding.where.path == "spec.ingress[0].fromEntities"


def test_several_exceptions_are_parted_by_semicolons() -> None:
    policy = cnp(ingress=OPEN, egress=[], ignore="CNP026: open on purpose; CNP031: kept for later;")

    assert ids(policy) == []
    assert [one.because for one in review([policy]).suppressed] == ["kept for later", "open on purpose"]


def test_an_exception_is_for_its_policy_alone() -> None:
    one = cnp(ingress=OPEN, ignore="CNP026: open on purpose")

    assert [found.where.policy for found in lint([one, ccnp(ingress=OPEN)])] == [
        "CiliumClusterwideNetworkPolicy all"
    ]
    # Two of the same name are two policies all the same.
    assert ids(one, cnp(ingress=OPEN)) == ["CNP026"]


def test_cnp035_an_exception_without_a_reason_hides_nothing() -> None:
    for text in ("CNP026", "CNP026:", "CNP026:   "):
        policy = cnp(ingress=OPEN, ignore=text)

        assert ids(policy) == ["CNP035", "CNP026"]
        assert only("CNP035", policy) == [(AT, "must give a reason for CNP026; write 'CNP026: reason'")]


def test_cnp035_an_exception_for_no_lint() -> None:
    for name in ("CNP999", "cnp026", "everything", "CNP035"):
        assert only("CNP035", cnp(ingress=[{}], ignore=f"{name}: because")) == [
            (AT, f"must name a lint, got {name!r}; write 'CNP001: reason'")
        ]


def test_cnp036_an_exception_for_nothing() -> None:
    policy = cnp(ingress=[{}], ignore="CNP026: open on purpose")

    assert [(one.id, one.severity, one.text) for one in lint([policy])] == [
        ("CNP036", "note", "must have a finding, got no finding of CNP026; remove it")
    ]


def test_an_empty_annotation_makes_no_exception() -> None:
    assert ids(cnp(ingress=[{}], ignore=" ")) == []

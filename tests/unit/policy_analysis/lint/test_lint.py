"""All lints together: what they find in clean policies, their order, and the table of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.documents import load_policies, read_files
from cdk_eks_cilium.policy_analysis.inventories import inventory
from cdk_eks_cilium.policy_analysis.lint import LINTS, lint, review
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import ccnp, cnp, names

CLEAN = Path(__file__).parent / "clean.yaml"


@pytest.mark.parametrize("version", [None, CiliumVersion.V1_17, CiliumVersion.V1_19, CiliumVersion.V1_20])
@pytest.mark.parametrize("with_pods", [True, False])
def test_clean_policies_of_a_real_kind_give_but_notes(with_pods: bool, version: CiliumVersion | None) -> None:
    documents = read_files([CLEAN])
    policies = load_policies(documents, version)

    found = lint(
        policies,
        inventory(documents) if with_pods else None,
        version,
        pod_ranges=["100.64.0.0/16"],
        options=AgentOptions.of_chart({"hostFirewall": {"enabled": True}}),
    )

    assert len(policies) == 9
    # The one public port.
    assert [(one.id, one.severity) for one in found] == [("CNP026", "note")]


def test_findings_are_in_the_order_of_policies_and_places() -> None:
    items = [{"fromEndpoints": []}, *({"fromEntities": ["host"], "toPorts": [{}]} for _ in range(10))]
    found = lint([cnp("b", ingress=items, egress=[names("*.gitlab.com")]), ccnp("a", ingress=[], egress=[])])

    assert [(one.where.policy.split()[-1], one.where.path, one.id) for one in found] == [
        ("shop/b", "spec.egress[0].toFQDNs", "CNP002"),
        ("shop/b", "spec.egress[0].toFQDNs[0]", "CNP004"),
        ("shop/b", "spec.ingress[0].fromEndpoints", "CNP014"),
        *(("shop/b", f"spec.ingress[{index}].toPorts[0]", "CNP014") for index in range(1, 11)),
        ("a", "spec.egress", "CNP031"),
        ("a", "spec.ingress", "CNP031"),
    ]


def test_a_finding_says_where_why_and_who_says_so() -> None:
    [found] = lint([cnp(ingress=[])])
    [entry] = [one for one in LINTS if one.id == "CNP031"]

    assert str(found) == (
        "CNP031 warning CiliumNetworkPolicy shop/web spec.ingress: must have an item: an empty list denies "
        "nothing by default, got []; write 'ingress: [{}]' for a default deny, or leave it out"
    )
    assert found.as_json() == {
        "id": "CNP031",
        "severity": "warning",
        "policy": "CiliumNetworkPolicy shop/web",
        "path": "spec.ingress",
        "text": found.text,
        "reason": entry.why,
        "source": entry.source,
    }


def test_findings_are_counted_by_severity() -> None:
    report = review([cnp(ingress=[], egress=[names("*.gitlab.com")])])

    assert report.counts == {"error": 1, "warning": 1, "note": 1}


def test_the_catalogue_has_each_lint_once_and_in_full() -> None:
    entries = LINTS

    ids = [one.id for one in entries]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"CNP\d{3}", each) for each in ids)
    assert len({one.title for one in entries}) == len(entries)
    for one in entries:
        assert not one.title.endswith(".")
        assert one.why.endswith(".")
        assert re.match(r"https://", one.source)
        assert one.severity in ("error", "warning", "note")


def test_an_empty_list_of_policies_has_no_findings() -> None:
    assert lint([]) == []

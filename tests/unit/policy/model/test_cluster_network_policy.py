"""ClusterNetworkPolicies as they are read: what the API server takes, and everything wrong at once."""

from __future__ import annotations

from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import Document, dump, is_policy, load_policies, parse, read_text
from cdk_eks_cilium.policy.model import KubernetesClusterNetworkPolicy
from cdk_eks_cilium.problems import InputError

NAMESPACES: Final[dict[str, Any]] = {"namespaces": {}}


def data(**spec: Any) -> dict[str, Any]:
    whole = {"tier": "Admin", "priority": 10, "subject": NAMESPACES, **spec}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "guard"},
        "spec": whole,
    }


def egress(**rule: Any) -> dict[str, Any]:
    return data(egress=[{"action": "Accept", "to": [NAMESPACES], **rule}])


def refusals(given: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse(given, "f")
    return [str(problem).removeprefix("f: ") for problem in caught.value.problems]


def test_a_policy_comes_back_as_it_was_written() -> None:
    written = data(
        ingress=[{"name": "no", "action": "Deny", "from": [{"pods": {"podSelector": {}}}]}],
        egress=[
            {"action": "Accept", "to": [{"domainNames": ["*.example.com", "_dmarc.example.com."]}]},
            {"action": "Pass", "to": [{"networks": ["10.0.0.0/8", "2001:db8::/32"]}, {"nodes": {}}]},
            {
                "action": "Deny",
                "to": [NAMESPACES],
                "protocols": [
                    {"tcp": {"destinationPort": {"number": 80}}},
                    {"sctp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}},
                    {"destinationNamedPort": "http"},
                ],
            },
        ],
    )
    policy = parse(written)
    assert isinstance(policy, KubernetesClusterNetworkPolicy)
    assert policy.manifest() == written
    assert yaml.safe_load(dump([policy])) == written
    assert (policy.name, policy.namespace, policy.written_as) == ("guard", None, "ClusterNetworkPolicy")
    assert [*policy.rules()] == []


def test_everything_wrong_is_said_at_once() -> None:
    wrong = data(
        tier="Baselines",
        priority=1001,
        subject={"namespaces": {}, "pods": {"podSelector": {}}},
        ingress=[{"action": "Allow", "from": [{"networks": ["10.0.0.0/8"]}]}],
    )
    wrong["metadata"]["namespace"] = "shop"
    assert refusals(wrong) == [
        "spec.tier: must be 'Admin' or 'Baseline', got 'Baselines'; did you mean 'Baseline'?",
        "spec.priority: must be at most 1000, got 1001",
        "spec.subject: must have exactly one of namespaces, pods, got namespaces, pods; keep one, such as "
        "namespaces: {} for every pod",
        "spec.ingress[0].action: must be 'Accept', 'Deny' or 'Pass', got 'Allow'",
        "spec.ingress[0].from[0].networks: is not a field of from; known fields are namespaces, pods",
    ]


def test_a_policy_is_for_the_cluster() -> None:
    named = egress()
    named["metadata"]["namespace"] = "shop"
    assert refusals(named) == ["must have no namespace; leave metadata.namespace out: it is for the cluster"]


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (
            {"to": []},
            "spec.egress[0].to: must list 1 to 25, as the CRD has it, got 0; write a second rule for the "
            "rest, or leave it out",
        ),
        (
            {"to": [{}]},
            "spec.egress[0].to[0]: must have exactly one of namespaces, pods, nodes, networks, domainNames, "
            "got none of them; keep one, such as namespaces: {} for every pod",
        ),
        (
            {"to": [{"namespaces": {"matchLabels": {"k8s:env": "prod"}}}]},
            "spec.egress[0].to[0].namespaces: must have keys of Kubernetes' labels, got 'k8s:env'; write "
            "'app' or 'example.com/app', without a source",
        ),
        (
            {"to": [{"networks": ["10.0.0.0/8", "10.0.0.0/8"]}]},
            "spec.egress[0].to[0].networks: must list each once; remove the second 10.0.0.0/8",
        ),
        (
            {"to": [{"domainNames": ["www.*.com"]}]},
            "spec.egress[0].to[0].domainNames[0]: must be a DNS name with a dot, and '*' only as its first "
            "label, got 'www.*.com'; write 'example.com', or '*.example.com' for every name below it",
        ),
        (
            {"protocols": [{"tcp": {"destinationPort": {"range": {"start": 80, "end": 80}}}}]},
            "spec.egress[0].protocols[0].tcp.destinationPort.range: must end a range after its first port "
            "80, got 80; use number for one port",
        ),
        (
            {"protocols": [{"tcp": {}}]},
            "spec.egress[0].protocols[0].tcp.destinationPort: must be given",
        ),
        (
            {"protocols": [{"destinationNamedPort": "a_name_too_long_for_ports"}]},
            "spec.egress[0].protocols[0].destinationNamedPort: must be a name that a container's port can "
            "have: at most 15 lower-case letters, digits and single dashes, got 'a_name_too_long_for_ports'; "
            "write the name as the pod has it, or the port by number",
        ),
        (
            {"action": "Deny", "to": [{"domainNames": ["example.com"]}]},
            "spec.egress[0]: must not have domainNames with Deny, which only Accept takes; accept the names, "
            "and deny the rest in a rule after it",
        ),
        (
            {"to": [{"networks": ["10.0.0.0/8"]}], "protocols": [{"destinationNamedPort": "http"}]},
            "spec.egress[0]: must not name a port for networks, where ports have no names; give the port by "
            "number, or write a rule of its own for pods",
        ),
    ],
)
def test_what_the_api_server_or_agents_refuse_is_refused(rule: dict[str, Any], refused: str) -> None:
    assert refusals(egress(**rule)) == [refused]


def test_more_rules_than_the_crd_takes_are_refused() -> None:
    rule = {"action": "Deny", "from": [NAMESPACES]}
    assert isinstance(parse(data(ingress=[rule] * 25)), KubernetesClusterNetworkPolicy)
    (found,) = refusals(data(ingress=[rule] * 26))
    assert found.startswith(
        "spec.ingress: must list at most 25 rules, as the CRD has it, got 26; move the rest to a policy with "
        "the next priority"
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("policy.networking.k8s.io/v1alpha2", True),
        ("networking.k8s.aws/v1alpha1", False),
        ("crd.antrea.io/v1beta1", False),
    ],
)
def test_only_the_api_s_own_kind_is_a_policy_here(version: str, expected: bool) -> None:
    document = Document("f", 1, {**egress(), "apiVersion": version})
    assert is_policy(document) is expected
    assert len(load_policies([document])) == int(expected)


def test_a_newer_version_of_the_api_is_refused_rather_than_left_out() -> None:
    newer = yaml.safe_dump({**egress(), "apiVersion": "policy.networking.k8s.io/v1beta1"})
    with pytest.raises(InputError, match=r"apiVersion: must be 'policy.networking.k8s.io/v1alpha2'"):
        load_policies(read_text(newer, "f"))


@settings(max_examples=50)
@given(st.integers(-5, 1005))
def test_priorities_are_from_0_to_1000(number: int) -> None:
    given = data(priority=number, ingress=[{"action": "Deny", "from": [NAMESPACES]}])
    if 0 <= number <= 1000:
        assert parse(given).manifest()["spec"]["priority"] == number
    else:
        with pytest.raises(InputError):
            parse(given)

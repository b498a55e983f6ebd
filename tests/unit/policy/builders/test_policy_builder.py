from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.policy import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    ClusterwidePolicyBuilder,
    Http,
    Icmp,
    LabelSelector,
    Peer,
    PolicyBuilder,
    Port,
    load_policies,
    parse,
    read_text,
)

GITLAB = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: allow-gitlab
  namespace: gitlab-runner
spec:
  endpointSelector:
    matchLabels:
      app: gitlab-runner
  egress:
  - toEndpoints:
    - matchLabels:
        k8s:k8s-app: kube-dns
        k8s:io.kubernetes.pod.namespace: kube-system
    toPorts:
    - ports:
      - port: '53'
        protocol: UDP
      - port: '53'
        protocol: TCP
      rules:
        dns:
        - matchPattern: '*'
  - toServices:
    - k8sService:
        serviceName: kubernetes
        namespace: default
    toPorts:
    - ports:
      - port: '443'
        protocol: TCP
  - toFQDNs:
    - matchName: gitlab.com
    - matchPattern: '*.gitlab.com'
    toPorts:
    - ports:
      - port: '443'
        protocol: ANY
"""


def gitlab() -> PolicyBuilder:
    runner = PolicyBuilder("allow-gitlab", namespace="gitlab-runner", pods={"app": "gitlab-runner"})
    runner.allow_dns()
    runner.allow_to(Peer.service("kubernetes", "default"), Port.tcp(443))
    runner.allow_to(Peer.fqdn("gitlab.com", "*.gitlab.com"), Port.any(443))
    return runner


def spec(policy: PolicyBuilder | ClusterwidePolicyBuilder) -> Any:
    return policy.policy().manifest()["spec"]


def test_a_runner_that_reaches_gitlab_takes_four_lines() -> None:
    assert gitlab().to_yaml() == GITLAB


def test_what_is_written_is_read_back_as_the_same_policy() -> None:
    policy = gitlab().policy()

    assert load_policies(read_text(gitlab().to_yaml(), "f")) == [policy]
    assert parse(gitlab().policy().manifest()) == policy


def test_a_policy_is_for_every_pod_of_its_namespace_by_default() -> None:
    assert spec(PolicyBuilder("p", namespace="n").default_deny())["endpointSelector"] == {}


def test_the_kinds_are_as_their_names_say() -> None:
    assert isinstance(PolicyBuilder("p", namespace="n").default_deny().policy(), CiliumNetworkPolicy)
    assert isinstance(ClusterwidePolicyBuilder("p").default_deny().policy(), CiliumClusterwideNetworkPolicy)


def test_a_clusterwide_policy_is_for_every_pod_by_default() -> None:
    assert spec(ClusterwidePolicyBuilder("p").default_deny())["endpointSelector"] == {}


def test_a_clusterwide_policy_may_be_for_nodes() -> None:
    policy = ClusterwidePolicyBuilder("p", nodes={"role": "edge"}).allow_from(Peer.anyone(), Port.tcp(22))

    assert spec(policy)["nodeSelector"] == {"matchLabels": {"role": "edge"}}


def test_a_selector_may_be_given_whole() -> None:
    selector = LabelSelector.of(app="web")

    policy = PolicyBuilder("p", namespace="n", pods=selector).default_deny().policy()

    assert [rule.endpoint_selector for _, rule in policy.rules()] == [selector]


def test_every_verb_adds_one_item_in_the_order_of_the_calls() -> None:
    policy = PolicyBuilder("p", namespace="n")
    policy.allow_to(Peer.namespace("a"), Port.tcp(1)).allow_to(Peer.namespace("a"), Port.tcp(2))
    policy.allow_from(Peer.anyone()).deny_to(Peer.entity("world")).deny_from(
        Peer.entity("world"), Port.tcp(22)
    )

    assert [(section, index) for section, index, _ in policy.policy().spec.items()] == [  # type: ignore[union-attr]
        ("ingress", 0),
        ("ingress_deny", 0),
        ("egress", 0),
        ("egress", 1),
        ("egress_deny", 0),
    ]
    assert spec(policy)["egressDeny"] == [{"toEntities": ["world"]}]
    assert spec(policy)["ingressDeny"] == [
        {"fromEntities": ["world"], "toPorts": [{"ports": [{"port": "22", "protocol": "TCP"}]}]}
    ]


def test_ports_without_a_peer_of_their_own_are_not_needed() -> None:
    assert spec(PolicyBuilder("p", namespace="n").allow_from(Peer.anyone()))["ingress"] == [
        {"fromEntities": ["all"]}
    ]


def test_requests_are_part_of_the_ports() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_from(
        Peer.pods(), Port.tcp(80), http=[Http(method="GET", path="/"), Http(method="HEAD")]
    )

    assert spec(policy)["ingress"][0]["toPorts"] == [
        {
            "ports": [{"port": "80", "protocol": "TCP"}],
            "rules": {"http": [{"method": "GET", "path": "/"}, {"method": "HEAD"}]},
        }
    ]


def test_server_names_are_part_of_the_ports() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_to(
        Peer.anyone(), Port.tcp(443), server_names=["a.example"]
    )

    assert spec(policy)["egress"][0]["toPorts"][0]["serverNames"] == ["a.example"]


def test_both_sides_may_have_to_prove_who_they_are() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_from(Peer.pods(), authenticated=True)

    assert spec(policy)["ingress"] == [{"fromEndpoints": [{}], "authentication": {"mode": "required"}}]


def test_icmp_types_may_stand_where_ports_do() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_from(Peer.anyone(), Icmp.ping(), Icmp.v6(128))

    assert spec(policy)["ingress"][0]["icmps"] == [
        {"fields": [{"type": 8, "family": "IPv4"}, {"type": 128, "family": "IPv6"}]}
    ]


def test_dns_servers_may_be_others_and_names_fewer() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_dns(
        "a.example", "*.b.example", servers=Peer.cidr("169.254.20.10/32")
    )
    (item,) = spec(policy)["egress"]

    assert item["toCIDRSet"] == [{"cidr": "169.254.20.10/32"}]
    assert item["toPorts"][0]["rules"]["dns"] == [{"matchName": "a.example"}, {"matchPattern": "*.b.example"}]


@pytest.mark.parametrize(
    ("ingress", "egress", "sections"),
    [
        (True, True, {"ingress": [{}], "egress": [{}]}),
        (True, False, {"ingress": [{}]}),
        (False, True, {"egress": [{}]}),
    ],
)
def test_a_default_deny_is_an_item_that_allows_nothing(ingress: bool, egress: bool, sections: Any) -> None:
    policy = PolicyBuilder("p", namespace="n").default_deny(ingress=ingress, egress=egress)

    assert spec(policy) == {"endpointSelector": {}, **sections}


def test_a_default_deny_adds_nothing_to_a_direction_with_items() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_from(Peer.pods()).deny_to(Peer.entity("world"))
    policy.default_deny()

    assert spec(policy) == {
        "endpointSelector": {},
        "ingress": [{"fromEndpoints": [{}]}],
        "egressDeny": [{"toEntities": ["world"]}],
    }


def test_a_policy_may_leave_the_rest_alone() -> None:
    policy = PolicyBuilder("p", namespace="n").deny_to(Peer.entity("world")).keep_open(ingress=False)

    assert spec(policy)["enableDefaultDeny"] == {"egress": False}
    assert policy.policy().spec.denies_by_default("egress") is False  # type: ignore[union-attr]


def test_a_policy_made_earlier_does_not_change_with_later_verbs() -> None:
    draft = PolicyBuilder("p", namespace="n").allow_from(Peer.pods())
    before = draft.policy()
    draft.allow_from(Peer.anyone())

    assert len(before.spec.ingress) == 1  # type: ignore[union-attr, arg-type]
    assert before != draft.policy()


def test_yaml_of_a_clusterwide_policy_has_no_namespace() -> None:
    written = yaml.safe_load(ClusterwidePolicyBuilder("p").default_deny().to_yaml())

    assert written["metadata"] == {"name": "p"}
    assert written["kind"] == "CiliumClusterwideNetworkPolicy"


def test_anyone_may_have_to_prove_who_they_are() -> None:
    policy = PolicyBuilder("p", namespace="n").allow_from(Peer.anyone(), authenticated=True)

    assert spec(policy)["ingress"] == [{"fromEntities": ["all"], "authentication": {"mode": "required"}}]


def test_what_is_denied_by_default_may_be_allowed_later() -> None:
    policy = PolicyBuilder("p", namespace="n").default_deny(egress=False).allow_from(Peer.pods())

    assert spec(policy)["ingress"] == [{"fromEndpoints": [{}]}]

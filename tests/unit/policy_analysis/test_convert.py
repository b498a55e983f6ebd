from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis.convert import as_yaml, convert, convert_documents
from cdk_eks_cilium.policy_analysis.kubernetes import network_policy
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion


def written(spec: str, name: str = "web") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: "
        f"shop}}\n"
        f"spec: {{{spec}}}\n"
    )


def rule(spec: str) -> dict[str, Any]:
    (document,) = read_text(written(spec), "x.yaml")
    found: dict[str, Any] = convert(network_policy(document)).policy.manifest()["spec"]
    return found


def remarks(spec: str) -> tuple[str, ...]:
    (document,) = read_text(written(spec), "x.yaml")
    return convert(network_policy(document)).remarks


def refusal(spec: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        convert_documents(read_text(written(spec), "x.yaml"))
    return [str(problem) for problem in caught.value.problems]


def test_nothing_allowed_is_an_item_that_allows_nothing() -> None:
    assert rule("podSelector: {}, policyTypes: [Ingress, Egress]") == {
        "endpointSelector": {},
        "ingress": [{}],
        "egress": [{}],
    }


def test_everything_allowed_is_the_entity_all() -> None:
    spec = "podSelector: {}, ingress: [{}], egress: [{}]"
    assert rule(spec) == {
        "endpointSelector": {},
        "ingress": [{"fromEntities": ["all"]}],
        "egress": [{"toEntities": ["all"]}],
    }
    assert remarks(spec) == tuple(
        f"spec.{section}[0]: allows everything in Kubernetes, where the same text would allow nothing in "
        f"Cilium"
        for section in ("ingress", "egress")
    )


def test_every_peer_becomes_an_item() -> None:
    spec = (
        "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}, "
        "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {namespaceSelector: {}}], ports: [{port: "
        "80}]}]"
    )
    ports = [{"ports": [{"port": "80", "protocol": "TCP"}]}]
    namespace = "k8s:io.kubernetes.pod.namespace"
    assert rule(spec) == {
        "endpointSelector": {"matchLabels": {"k8s:app": "web"}},
        "ingress": [
            {"fromEndpoints": [{"matchLabels": {"k8s:app": "api", namespace: "shop"}}], "toPorts": ports},
            {"fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}], "toPorts": ports},
            {
                "fromEndpoints": [{"matchExpressions": [{"key": namespace, "operator": "Exists"}]}],
                "toPorts": ports,
            },
        ],
    }
    assert remarks(spec) == (
        "spec.ingress[0].from: became one item for each peer, for Cilium takes one kind of peer in an item",
        "spec.ingress[0].ports: means TCP where no protocol is said, and would mean any in Cilium",
        "spec.ingress[0].from[1].ipBlock: means addresses outside the cluster alone: Cilium knows pods and "
        "nodes "
        "by what they are, whatever their address, and Kubernetes leaves that open",
        "spec.ingress[0].from[2].namespaceSelector: became labels of the pods' namespace: Cilium has "
        "no such field",
    )


def test_labels_of_namespaces_become_labels_of_their_pods() -> None:
    spec = (
        "podSelector: {}, egress: [{to: [{namespaceSelector: {matchLabels: {team: blue}, matchExpressions: "
        "[{key: env, operator: NotIn, values: [dev]}]}, podSelector: {matchLabels: {app: db}}}]}]"
    )
    (item,) = rule(spec)["egress"]
    prefix = "k8s:io.cilium.k8s.namespace.labels."
    assert item["toEndpoints"] == [
        {
            "matchLabels": {"k8s:app": "db", f"{prefix}team": "blue"},
            "matchExpressions": [
                {"key": f"{prefix}env", "operator": "NotIn", "values": ["dev"]},
                {"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"},
            ],
        }
    ]


def test_ports_keep_range_name_and_protocol_and_without_a_number_are_all() -> None:
    spec = (
        "podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}, {port: web, protocol: UDP}, "
        "{protocol: SCTP}]}]"
    )
    (item,) = rule(spec)["ingress"]
    assert item == {
        "toPorts": [
            {
                "ports": [
                    {"port": "80", "endPort": 90, "protocol": "TCP"},
                    {"port": "web", "protocol": "UDP"},
                    {"port": "0", "protocol": "SCTP"},
                ]
            }
        ]
    }
    assert "spec.ingress[0].ports: means every port where none is said, which is port 0 in Cilium" in remarks(
        spec
    )


def test_names_of_ports_on_the_way_out_are_remarked() -> None:
    named = "ports: [{port: web, protocol: TCP}]"
    assert remarks(f"podSelector: {{}}, egress: [{{{named}}}]") == (
        "spec.egress[0].ports: names a port of the destination, which Cilium takes so from 1.20 on; before, "
        "a name must mean one number in the whole cluster",
    )
    assert remarks(f"podSelector: {{}}, ingress: [{{{named}}}]") == ()


def test_more_ports_than_a_list_takes_become_two_lists() -> None:
    ports = ", ".join(f"{{port: {number}}}" for number in range(1, 42))
    (item,) = rule(f"podSelector: {{}}, ingress: [{{ports: [{ports}]}}]")["ingress"]
    assert [len(each["ports"]) for each in item["toPorts"]] == [40, 1]


def test_rules_that_policy_types_do_not_name_are_left_out() -> None:
    spec = "podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: []"
    assert rule(spec) == {"endpointSelector": {}, "egress": [{}]}
    assert remarks(spec) == (
        "spec.ingress: has no effect, for policyTypes does not name Ingress; it is left out",
    )


def test_names_labels_and_own_annotations_stay() -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata:\n  name: web\n  labels: {a: b}\n  uid: x\n"
        "  annotations: {c: d, kubectl.kubernetes.io/last-applied-configuration: '{}'}\n"
        "spec: {podSelector: {}}\n"
    )
    (conversion,) = convert_documents(read_text(text, "x.yaml"))
    assert conversion.policy.manifest()["metadata"] == {
        "name": "web",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
    }


def test_other_kinds_are_left_alone() -> None:
    text = written("podSelector: {}") + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    assert len(convert_documents(read_text(text, "x.yaml"))) == 1


def test_remarks_stand_above_the_policy_as_comments() -> None:
    found = convert_documents(
        read_text(
            written("podSelector: {}, ingress: [{}]") + "---\n" + written("podSelector: {}", "db"), "x.yaml"
        )
    )
    text = as_yaml(found)
    assert text.startswith("# spec.ingress[0]: allows everything in Kubernetes")
    assert [each["metadata"]["name"] for each in yaml.safe_load_all(text)] == ["web", "db"]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            "podSelector: {}, ingress: [{from: [{}]}]",
            "spec.ingress[0].from[0]: must have selectors or an ipBlock, and not both; write two peers, or "
            "add "
            "podSelector: {}",
        ),
        (
            "podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]",
            "must have selectors or an ipBlock, and not both",
        ),
        (
            "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}]",
            "must have exceptions inside 10.0.0.0/8, got 11.0.0.0/8",
        ),
        ("podSelector: {}, ingress: [{ports: [{port: 0}]}]", "must be a port from 1 to 65535, got 0"),
        ("podSelector: {}, ingress: [{ports: [{port: a, endPort: 5}]}]", "must begin a range with a number"),
        (
            "podSelector: {}, ingress: [{ports: [{port: 9, endPort: 5}]}]",
            "must end a range at or behind its begin 9",
        ),
        ("podSelector: {}, ingres: []", "spec.ingres: is no field of spec; did you mean 'ingress'?"),
        (
            "podSelector: {matchLabels: {io.cilium.k8s.policy.cluster: x}}",
            "NetworkPolicy shop/web spec.podSelector: must select pods by labels that they have, and this "
            "one is Cilium's own, got 'io.cilium.k8s.policy.cluster'; use namespaceSelector, or write a "
            "CiliumNetworkPolicy",
        ),
        (
            "podSelector: {matchLabels: {pod-template-hash: x}}",
            "NetworkPolicy shop/web spec.podSelector: must select pods by labels that Cilium knows them "
            "by, got "
            "'pod-template-hash'; select them by a label of their application",
        ),
        (
            "podSelector: {}, egress: [{to: [{podSelector: {matchLabels: {io.kubernetes.pod.namespace: "
            "x}}}]}]",
            "NetworkPolicy shop/web spec.egress[0].to[0].podSelector: must select pods by labels",
        ),
    ],
)
def test_what_means_nothing_is_refused(spec: str, text: str) -> None:
    (said,) = refusal(spec)
    assert text in said


def test_what_a_release_cannot_say_is_refused() -> None:
    documents = read_text(written("podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]"), "x.yaml")
    with pytest.raises(InputError, match=r"endPort: needs Cilium 1\.16, and this is for 1\.15\.19"):
        convert_documents(documents, CiliumVersion.V1_15)

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.policy import dump, load_policies, parse, read_files, read_text
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion

POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: p
spec:
  endpointSelector: {}
  ingress:
  - {}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"


def refusals(make: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        make()
    return [str(problem) for problem in caught.value.problems]


def loaded(text: str, version: CiliumVersion | None = None) -> list[str]:
    """What is wrong with policies in YAML."""
    return refusals(lambda: load_policies(read_text(text, "f.yaml"), version))


def rule(text: str) -> str:
    """A policy in YAML whose rule has *text* in it."""
    return POLICY.replace("  ingress:\n  - {}\n", text)


def test_a_document_knows_its_file_line_kind_and_name() -> None:
    first, second = read_text(f"# about\n---\n{SERVICE}---\n{POLICY}", "f.yaml")

    assert (first.file, first.line, first.kind) == ("f.yaml", 3, "Service")
    assert first.where == "f.yaml line 3: Service s"
    assert second.where == "f.yaml line 7: CiliumNetworkPolicy p"


def test_an_object_without_a_name_is_blamed_by_its_line() -> None:
    (document,) = read_text("kind: Service\n", "f.yaml")

    assert document.where == "f.yaml line 1"


def test_the_items_of_a_list_are_documents() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {kind: A}\n- {kind: B}\n"

    assert [document.kind for document in read_text(text, "f")] == ["A", "B"]


def test_an_empty_list_has_no_documents() -> None:
    assert read_text("kind: PodList\n", "f") == []


def test_items_of_a_typed_list_have_its_kind() -> None:
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicyList\nitems: [{metadata: {name: p}}, {kind: A}]\n"
    )
    first, second = read_text(text, "f")

    assert first.data == {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "p"},
    }
    assert second.data == {"kind": "A"}


def test_items_of_a_typed_list_may_have_an_empty_kind() -> None:
    (document,) = read_text("kind: PodList\nitems: [{kind: '', metadata: {name: p}}]\n", "f")

    assert document.data == {"kind": "Pod", "metadata": {"name": "p"}}


def test_a_list_may_hold_lists() -> None:
    pods = "{kind: PodList, apiVersion: v1, items: [{metadata: {name: a}}, {kind: List, items: [{kind: X}]}]}"

    documents = read_text(f"kind: List\nitems: [{pods}, {{kind: Z}}]\n", "f")

    assert [each.kind for each in documents] == ["Pod", "X", "Z"]
    assert documents[0].data == {"metadata": {"name": "a"}, "kind": "Pod", "apiVersion": "v1"}


def test_a_value_in_a_list_of_a_list_is_worded_as_the_file_has_it() -> None:
    policy = "{kind: CiliumNetworkPolicy, metadata: {name: 010}, spec: {endpointSelector: {}, ingress: []}}"

    assert loaded(f"kind: List\nitems: [{{kind: List, items: [{policy}]}}]\n") == [
        "f.yaml line 1: CiliumNetworkPolicy 8: metadata.name: must be text, got 8; quote it: '010'"
    ]


def test_objects_may_stand_in_a_plain_list() -> None:
    documents = read_text('[{"kind": "A"}, {"kind": "List", "items": [{"kind": "B"}]}]', "f")

    assert [each.kind for each in documents] == ["A", "B"]


def test_a_kind_that_ends_as_lists_do_may_be_an_object() -> None:
    assert [each.kind for each in read_text("kind: DenyList\nspec: {}\n", "f")] == ["DenyList"]


def test_json_is_yaml_too() -> None:
    (document,) = read_text(b'{"kind": "Pod", "metadata": {"name": "p"}}', "f.json")

    assert document.where == "f.json line 1: Pod p"


def test_policies_are_made_from_the_documents_that_are_policies() -> None:
    policies = load_policies(read_text(f"{SERVICE}---\n{POLICY}", "f"))

    assert [policy.name for policy in policies] == ["p"]


def test_what_is_dumped_is_what_was_read() -> None:
    assert dump(load_policies(read_text(POLICY, "f"))) == POLICY
    assert dump(load_policies(read_text(f"{POLICY}---\n{POLICY}", "f"))) == f"{POLICY}---\n{POLICY}"


def test_unset_fields_stay_unset_and_empty_lists_stay() -> None:
    text = rule("  ingress:\n  - fromEndpoints: []\n")

    assert dump(load_policies(read_text(text, "f"))) == text


def test_what_an_api_server_adds_survives() -> None:
    text = rule("  egress: []\n").replace(
        "  name: p\n", "  name: p\n  resourceVersion: '7'\n  creationTimestamp: '2026-01-01T00:00:00Z'\n"
    )

    assert dump(load_policies(read_text(text + "status:\n  conditions: []\n", "f"))).endswith(
        "status:\n  conditions: []\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [\n", "f.yaml line 2: must be YAML (expected the node content, but found '<stream end>')"),
        (
            "a: 1\na: 2\n",
            "f.yaml line 2: must have each key once, and line 1 has 'a' already; remove one of them",
        ),
        ("a: 1\n", "f.yaml line 1: must be an object of Kubernetes; add apiVersion and kind"),
        ("\n\n- 1\n", "f.yaml line 3: must be an object of Kubernetes; add apiVersion and kind"),
        ("kind: 5\n", "f.yaml line 1: must be an object of Kubernetes; add apiVersion and kind"),
        ("kind: List\nitems: 5\n", "f.yaml line 1: items: must be a list"),
        (
            "kind: List\nitems: [5]\n",
            "f.yaml line 1: must be an object of Kubernetes; add apiVersion and kind",
        ),
    ],
)
def test_an_invalid_object_is_refused_with_its_line(text: str, problem: str) -> None:
    assert refusals(lambda: read_text(text, "f.yaml")) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  egres: []\n", "spec.egres: is not a field of spec; did you mean 'egress'?"),
        (
            "  egress: [{toFqdn: []}]\n",
            "spec.egress[0].toFqdn: is not a field of egress; did you mean 'toFQDNs'?",
        ),
        (
            "  egress: [{to_fqdns: []}]\n",
            "spec.egress[0].to_fqdns: is not a field of egress; did you mean 'toFQDNs'?",
        ),
        (
            "  ingress_deny: [{}]\n",
            "spec.ingress_deny: is not a field of spec; did you mean 'ingressDeny'?",
        ),
        (
            "  egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except_: []}]}]\n",
            "spec.egress[0].toCIDRSet[0].except_: is not a field of toCIDRSet; did you mean 'except'?",
        ),
        (
            "  xyz: 1\n",
            "spec.xyz: is not a field of spec, got 1; known fields are endpointSelector, nodeSelector, "
            "description, ingress, ingressDeny, egress, egressDeny, enableDefaultDeny, labels, log",
        ),
        (
            "  1: 2\n",
            "spec.1: is not a field of spec, got 2; known fields are endpointSelector, nodeSelector, "
            "description, ingress, ingressDeny, egress, egressDeny, enableDefaultDeny, labels, log",
        ),
        (
            "  egress: {}\n",
            "spec.egress: must be a list; write '- ' before each item",
        ),
        ("  egress: [1]\n", "spec.egress[0]: must be a mapping, got 1"),
        (
            "  enableDefaultDeny: {egress: 'no'}\n",
            "spec.enableDefaultDeny.egress: must be true or false, got 'no'; leave the quotes out",
        ),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest(text: str, problem: str) -> None:
    assert loaded(rule(text)) == [f"f.yaml line 1: CiliumNetworkPolicy p: {problem}"]


@pytest.mark.parametrize("field", ["description", "endpointSelector", "egressDeny"])
def test_a_field_of_the_rule_beside_spec_must_move_into_it(field: str) -> None:
    assert loaded(f"{POLICY}{field}: a\n") == [
        f"f.yaml line 1: CiliumNetworkPolicy p: {field}: is not a field of CiliumNetworkPolicy, got 'a'; "
        "move it into spec"
    ]


@pytest.mark.parametrize("key", ["int", "str", "type"])
def test_a_label_with_the_name_of_a_type_is_blamed_by_its_name(key: str) -> None:
    text = rule("").replace("Selector: {}", f"Selector: {{matchLabels: {{{key}: 5}}}}")

    assert loaded(text) == [
        f"f.yaml line 1: CiliumNetworkPolicy p: spec.endpointSelector.matchLabels.{key}: "
        "must be text, got 5; quote it: '5'"
    ]


def test_mistakes_in_several_policies_are_reported_at_once() -> None:
    first, last = rule("  a: 1\n"), rule("  b: 1\n")
    text = f"{first}---\n{POLICY}---\n{last}"

    assert [problem.partition(": ")[0] for problem in loaded(text)] == ["f.yaml line 1", "f.yaml line 18"]


def test_policies_are_judged_by_their_release() -> None:
    text = rule("  log: {value: a}\n  ingress: [{}]\n")

    assert loaded(text, CiliumVersion.V1_17) == [
        "f.yaml line 1: CiliumNetworkPolicy p: spec.log: needs Cilium 1.18, and this is for 1.17.18; "
        "leave it out, or install that release"
    ]
    assert len(load_policies(read_text(text, "f"), CiliumVersion.V1_18)) == 1


def test_other_objects_are_not_parsed() -> None:
    assert refusals(lambda: parse({"kind": "Service"}, "f")) == [
        "f: kind: must be CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy or ClusterNetworkPolicy, "
        "got 'Service'"
    ]


def test_a_folder_stands_for_its_yaml_and_json_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("b.yaml", "a.yml", "below/c.json", "d.txt"):
        (tmp_path / name).write_text('{"kind": "' + name[-6:] + '"}')

    assert [document.kind for document in read_files([tmp_path])] == ["a.yml", "b.yaml", "c.json"]
    assert [document.kind for document in read_files([str(tmp_path / "d.txt")])] == ["d.txt"]


def test_every_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [\n")

    assert refusals(lambda: read_files([tmp_path / "no.yaml", tmp_path])) == [
        f"{tmp_path}/no.yaml: must be a readable file (no such file or directory)",
        f"{tmp_path}/a.yaml line 2: must be YAML (expected the node content, but found '<stream end>')",
    ]

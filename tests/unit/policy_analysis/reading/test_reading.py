"""Folders, lists and pipes as people have them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis.reading import (
    LeftOut,
    notes,
    read_inventory,
    read_policies,
    read_sources,
)
from cdk_eks_cilium.problems import CallError, Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


def left(folder: Path) -> list[tuple[str, str]]:
    """The reasons for what is left out of a folder, each after its kind."""
    return [(each.kind, each.reason) for each in read_sources([folder]).left_out]


def kinds(*paths: Path | str) -> list[str]:
    return [document.kind for document in read_sources(paths).documents]


def test_other_documents_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="repositories: [https://charts.example.com]\n",
        b=f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\n{POLICY}",
        c="- 1\n",
    )

    assert kinds(tmp_path) == ["CiliumNetworkPolicy"]
    assert left(tmp_path) == [("", "not an object"), ("Kustomization", "other kind"), ("", "not an object")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n", "other kind"),
        ("apiVersion: crd.projectcalico.org/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n", "other plugin"),
        ("apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\n", "other plugin"),
        ("apiVersion: projectcalico.org/v3\nkind: IPPool\n", "other kind"),
        (
            "apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {template: {spec: {containers: []}}}\n",
            "not judged",
        ),
        ("apiVersion: networking.k8s.aws/v1alpha1\nkind: ClusterNetworkPolicy\n", "not enforced"),
        ("apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n", "not enforced"),
    ],
)
def test_a_kind_counts_with_its_group_of_the_api(tmp_path: Path, text: str, reason: str) -> None:
    assert [each for _, each in left(write(tmp_path, a=text))] == [reason]


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (
            "apiVersion: cilium.io/v2\nkind: CilliumNetworkPolicy",
            "CilliumNetworkPolicy a: kind: must be a kind of the group cilium.io, got "
            "'CilliumNetworkPolicy'; did you mean 'CiliumNetworkPolicy'?",
        ),
        (
            "apiVersion: v1\nkind: NameSpace",
            "NameSpace a: kind: must be a kind of the core group, got 'NameSpace'; did you mean 'Namespace'?",
        ),
        (
            "apiVersion: cillium.io/v2\nkind: CiliumNetworkPolicy",
            "CiliumNetworkPolicy a: apiVersion: must be of the group cilium.io, got 'cillium.io/v2'; did "
            "you mean 'cilium.io'?",
        ),
        (
            "apiVersion: v1\nkind: Deployment",
            "Deployment a: apiVersion: must be of the group apps or extensions, got 'v1'",
        ),
    ],
)
def test_a_misspelt_kind_is_wrong(tmp_path: Path, head: str, problem: str) -> None:
    folder = write(tmp_path, a=f"{head}\nmetadata: {{name: a}}\n")
    (found,) = read_sources([folder]).left_out

    assert found.reason == "unread"
    assert str(found.problem) == f"{folder / 'a.yaml'} line 1: {problem}"


@pytest.mark.parametrize(
    "spec",
    [
        "{template: {spec: {containers: []}}}",
        "{leaderWorkerTemplate: {workerTemplate: {spec: {containers: []}}}}",
        "{jobTargetRef: {template: {spec: {containers: []}}}}",
        "{replicatedJobs: [{template: {spec: {template: {spec: {containers: []}}}}}]}",
        "{templates: [{name: a, steps: []}, {name: b, container: {image: c}}]}",
        "{templates: [{name: b, script: {image: c}}]}",
    ],
)
def test_an_unknown_kind_with_a_template_of_pods_matters(tmp_path: Path, spec: str) -> None:
    text = f"apiVersion: example.com/v1\nkind: Maker\nmetadata: {{name: a}}\nspec: {spec}\n"

    assert left(write(tmp_path, a=text)) == [("Maker", "not judged")]


@pytest.mark.parametrize(
    "spec",
    [
        "{podTemplate: {spec: {}}}",
        "{rules: [{validate: {pattern: {spec: {containers: [{image: a}]}}}}]}",
        "{versions: [{schema: {properties: {template: {properties: {spec: {}}}}}}]}",
        "{templates: [{name: a}, 5]}",
        "[]",
    ],
)
def test_an_unknown_kind_without_one_is_of_no_account(tmp_path: Path, spec: str) -> None:
    text = f"apiVersion: example.com/v1\nkind: Other\nmetadata: {{name: a}}\nspec: {spec}\n"

    assert left(write(tmp_path, a=text)) == [("Other", "other kind")]


def test_a_wrong_policy_keeps_no_other_one_of_its_name_out(tmp_path: Path) -> None:
    folder = write(tmp_path, a=POLICY.replace("ingress:", "ingres:"), b=POLICY, c=POLICY)
    policies, left_out = read_policies(read_sources([folder]).documents, CiliumVersion.DEFAULT)

    assert [policy.name for policy in policies] == ["web"]
    assert [(Path(each.file).name, each.reason) for each in left_out] == [
        ("a.yaml", "unread"),
        ("c.yaml", "same again"),
    ]


def test_a_policy_that_the_api_server_is_to_name_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, a=POLICY.replace("name: web", "generateName: web-"))
    policies, left_out = read_policies(read_sources([folder]).documents, CiliumVersion.DEFAULT)

    assert [str(policy.name) for policy in policies] == ["web"]
    assert left_out == []


@pytest.mark.parametrize("text", ["apiVersion: v2\nname: chart\n", "[1, // a\n", "a: 1\na: 2\n"])
def test_files_of_other_programs_are_nothing_to_read(tmp_path: Path, text: str) -> None:
    write(tmp_path, a=text)

    assert left(tmp_path) == [("", "not an object")]
    assert [each.reason for each in read_sources([tmp_path / "a.yaml"]).left_out] == [
        "not an object" if "chart" in text else "unread"
    ]


def test_hidden_files_of_a_folder_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "a.yaml").write_text(POD)
    (tmp_path / ".a.yaml").write_text(POD)

    assert kinds(tmp_path) == []
    assert kinds(tmp_path / ".a.yaml", tmp_path / ".vscode") == ["Pod", "Pod"]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nmetadata: {name: a}\n",
        "metadata: {name: a}\nspec: {}\n",
        "kind: List\nitems: 5\n",
        "kind: List\nitems: [5]\n",
    ],
)
def test_an_object_without_its_kind_is_wrong(tmp_path: Path, text: str) -> None:
    (found,) = read_sources([write(tmp_path, a=text)]).left_out

    assert (found.reason, found.matters) == ("unread", True)


@pytest.mark.parametrize(
    "text",
    [
        "{{- if .Values.policy }}\nkind: CiliumNetworkPolicy\n{{- end }}\n",
        "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        'kind: Pod\nmetadata:\n  name: "{{ .Release.Name }}"\n',
        "{% if on %}\nkind: Pod\n{% endif %}\n",
    ],
)
def test_templates_are_named_and_left_out(tmp_path: Path, text: str) -> None:
    reading = read_sources([write(tmp_path, a=text, b=POLICY)])

    assert [each.kind for each in reading.documents] == ["CiliumNetworkPolicy"]
    assert notes(reading.left_out) == [
        f"left out, answers may differ: 1 template, in {tmp_path}/a.yaml; "
        "render with 'helm template' or the like first"
    ]


@pytest.mark.parametrize(
    "spec",
    [
        "{endpointSelector: {}, egress: [{toFQDNs: [{matchName: 's3.${region}.amazonaws.com'}]}]}",
        "{endpointSelector: {matchLabels: {app: '${CLUSTER}'}}, ingress: [{}]}",
        "{endpointSelector: {matchExpressions: [{key: a, operator: In, values: ['${X}']}]}, ingress: [{}]}",
        "{endpointSelector: {}, egress: [{toFQDNs: [{matchPattern: '*.${DNS_MAIN}'}]}]}",
        "{endpointSelector: {}, ingress: [{fromCIDR: ['${RANGE:=10.0.0.0/8}']}]}",
    ],
)
def test_a_variable_in_a_name_or_a_label_makes_a_template(tmp_path: Path, spec: str) -> None:
    head = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n"

    assert left(write(tmp_path, a=f"{head}spec: {spec}\n")) == [("CiliumNetworkPolicy", "template")]


DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: %s}\n"


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: '${VM}'}}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: 'dc${NUM}'}\nspec: {selector: {app: b}}\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: '${NS}'}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: '${NS:=shop}'}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: '${APP}'}}\n",
        DEPLOYMENT % "{metadata: {labels: {app: '${APP}'}}}",
    ],
)
def test_a_variable_in_what_policies_are_about_makes_a_template(tmp_path: Path, text: str) -> None:
    assert [reason for _, reason in left(write(tmp_path, a=text))] == ["template"]


@pytest.mark.parametrize(
    "text",
    [
        POLICY.replace("{endpointSelector", "{description: '${A}', endpointSelector"),
        DEPLOYMENT % "{spec: {containers: [{name: a, args: ['echo ${HOME}']}]}}",
    ],
)
def test_a_variable_in_a_description_or_a_script_means_nothing(tmp_path: Path, text: str) -> None:
    assert left(write(tmp_path, a=text)) == []


@pytest.mark.parametrize(
    "patches",
    [
        'patches: [{path: more/patch.yaml}, {patch: "[]"}]',
        'patchesStrategicMerge: [more/patch.yaml, "a: 1\\n"]',
        "patchesJson6902: [{path: ./more/patch.yaml}]",
    ],
)
def test_patches_are_not_objects(tmp_path: Path, patches: str) -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    write(tmp_path, a=POD, kustomization=f"{head}{patches}\n", more__patch=POD)
    reading = read_sources([tmp_path])

    assert [each.file for each in reading.documents] == [f"{tmp_path}/a.yaml"]
    assert notes(reading.left_out)[1] == (
        f"left out, answers may differ: 1 patch, in {tmp_path}/more/patch.yaml; "
        "render with 'kustomize build' first"
    )


def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    reading = read_sources([write(tmp_path, a=f"{POD}---\nkind: [\n---\n{POLICY}", b="kind: {")])

    assert [each.kind for each in reading.documents] == ["Pod", "CiliumNetworkPolicy"]
    assert [each.where for each in reading.left_out] == [
        f"{tmp_path}/a.yaml line 6",
        f"{tmp_path}/b.yaml line 1",
    ]
    assert notes(reading.left_out)[1] == (
        f"left out, answers may differ: {tmp_path}/b.yaml line 1: must be YAML (expected the node content, "
        "but found '<stream end>') [CEK0006]"
    )


def test_a_file_that_nobody_may_read_stops_no_other(tmp_path: Path) -> None:
    write(tmp_path, b=POLICY)
    (tmp_path / "a.yaml").symlink_to(tmp_path / "nowhere")
    reading = read_sources([tmp_path])

    assert len(reading.documents) == 1
    assert [str(each.problem) for each in reading.left_out] == [
        f"{tmp_path}/a.yaml: must be a readable file (no such file or directory)"
    ]


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CallError) as caught:
        read_sources([tmp_path / "a.yaml", tmp_path / "b.yaml"])

    assert [str(problem) for problem in caught.value.problems] == [
        f"{tmp_path}/{name}.yaml: must be a readable file (no such file or directory)" for name in "ab"
    ]


def test_a_file_counts_once(tmp_path: Path) -> None:
    write(tmp_path, a=POD)

    assert kinds(tmp_path, tmp_path / "a.yaml", tmp_path / ".." / tmp_path.name) == ["Pod"]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{POLICY}---\na: [\n".encode())))
    reading = read_sources(["-", "-"])

    assert [each.where for each in reading.documents] == ["standard input line 1: CiliumNetworkPolicy web"]
    assert [each.where for each in reading.left_out] == ["standard input line 7"]


def live(name: str, **more: Any) -> dict[str, Any]:
    """An object as the API server gives it."""
    metadata = {
        "name": name,
        "namespace": "shop",
        "creationTimestamp": None,
        "resourceVersion": "1",
        "uid": "a",
        "generation": 1,
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {".": {}}}}],
    }
    return {"metadata": metadata, **more}


def test_what_kubectl_gets_of_a_cluster_is_read(tmp_path: Path) -> None:
    items = [
        live("web", apiVersion="v1", kind="Pod", spec={"containers": []}, status={"phase": "Running"}),
        live("web", apiVersion="v1", kind="Service", spec={}, status={"loadBalancer": {}}),
        live(
            "web",
            apiVersion="cilium.io/v2",
            kind="CiliumNetworkPolicy",
            spec={"endpointSelector": {}, "ingress": [{}]},
            status={"conditions": []},
        ),
        live(
            "web",
            apiVersion="networking.k8s.io/v1",
            kind="NetworkPolicy",
            spec={"podSelector": {}},
            status={},
        ),
    ]
    (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    reading = read_sources([tmp_path])
    policies, wrong = read_policies(reading.documents, CiliumVersion.DEFAULT)
    inventory, unknown = read_inventory(reading.documents, "default")

    assert [policy.name for policy in policies] == ["web", "web"]
    assert [str(one) for one in inventory.workloads] == ["shop/web"]
    assert (*reading.left_out, *wrong, *unknown) == ()


def test_what_helm_prints_is_read(tmp_path: Path) -> None:
    head = "---\n# Source: shop/templates/a.yaml\n---\n# Source: shop/templates/b.yaml\n"
    text = f"{head}{POLICY}---\n\n---\n# end\n"
    reading = read_sources([write(tmp_path, a=text)])

    assert [each.where for each in reading.documents] == [
        f"{tmp_path}/a.yaml line 5: CiliumNetworkPolicy web"
    ]
    assert reading.left_out == ()


def test_a_wrong_policy_stops_no_other(tmp_path: Path) -> None:
    wrong = POLICY.replace("name: web", "name: bad").replace("cluster]", "clusters]")
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    other = f"{head}metadata: {{name: a}}\nspec: {{podSelectors: {{}}}}\n"
    reading = read_sources([write(tmp_path, a=f"{wrong}---\n{POLICY}---\n{other}")])
    policies, left_out = read_policies(reading.documents, CiliumVersion.DEFAULT)

    assert [policy.name for policy in policies] == ["web"]
    assert [(each.kind, each.reason) for each in left_out] == [
        ("CiliumNetworkPolicy", "unread"),
        ("NetworkPolicy", "unread"),
    ]


def test_a_policy_that_the_release_refuses_counts_only_where_it_is_wanted(tmp_path: Path) -> None:
    newer = POLICY.replace("spec: {", "spec: {log: {value: a}, ")
    documents = read_sources([write(tmp_path, a=newer)]).documents

    assert read_policies(documents, CiliumVersion.V1_17)[0] == []
    assert len(read_policies(documents, CiliumVersion.V1_17, lenient=True)[0]) == 1


def test_a_policy_counts_once(tmp_path: Path) -> None:
    documents = read_sources(
        [write(tmp_path, a=POLICY, b=POLICY, c=POLICY.replace("cluster", "host"))]
    ).documents
    policies, left_out = read_policies(documents, CiliumVersion.DEFAULT)

    assert len(policies) == 1
    assert [each.reason for each in left_out] == ["same again", "unread"]
    assert str(left_out[1].problem) == (
        f"{tmp_path}/c.yaml line 1: CiliumNetworkPolicy web: must be defined once; "
        f"{tmp_path}/a.yaml line 1 has another policy of this name, which counts"
    )


def test_the_inventory_says_what_it_leaves_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=f"{POD}status: {{phase: Failed}}\n",
        b="kind: Rollout\nmetadata: {name: a}\nspec: {workloadRef: {kind: Deployment, name: b}}\n",
        c="kind: Service\nmetadata: {name: a}\nspec: {selector: 5}\n",
        d="kind: Deployment\nmetadata: {name: a}\n---\nkind: Deployment\nmetadata: {name: a}\n",
    )
    inventory, left_out = read_inventory(read_sources([tmp_path]).documents, "blue")

    assert inventory.cluster_name == "blue"
    assert {(each.kind, each.reason) for each in left_out} == {
        ("Pod", "finished"),
        ("Rollout", "not judged"),
        ("Service", "unread"),
        ("Deployment", "same again"),
    }


def test_notes_group_what_is_alike() -> None:
    def other(kind: str, file: str) -> LeftOut:
        return LeftOut(file, f"{file} line 1", "other kind", kind)

    found = [
        other(kind, f"{number}.yaml") for number in range(7) for kind in ("HelmRelease", "Kustomization")
    ]

    assert notes([*found, other("Secret", "0.yaml")]) == [
        "left out: 15 documents of kinds HelmRelease, Kustomization, Secret, in 7 files: 0.yaml, 1.yaml, "
        "2.yaml, 3.yaml, 4.yaml and 2 more"
    ]
    assert notes([other("Secret", "a")]) == ["left out: 1 document of kind Secret, in a"]
    assert notes([LeftOut("a", "a line 1", "not enforced", "AdminNetworkPolicy")]) == [
        "left out: 1 document of kind AdminNetworkPolicy, which Cilium does not enforce, in a; see 'policy "
        "convert'"
    ]
    assert notes([]) == []


def test_notes_name_many_problems_only_in_part() -> None:
    problem = Problem("a", "must be b", id="CEK0001")
    found = notes([LeftOut("a", "a", "unread", problem=problem)] * 32)

    assert len(found) == 31
    assert found[0] == "left out, answers may differ: a: must be b [CEK0001]"
    assert found[-1] == "left out, answers may differ: 2 further problems, see --json"


def test_what_is_left_out_is_data_one_by_one() -> None:
    assert LeftOut("a", "a line 1", "template").as_json() == {
        "where": "a line 1",
        "kind": "",
        "reason": "template",
        "matters": True,
    }


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_file_of_garbage_never_stops_the_good(tmp_path: Path, garbage: bytes) -> None:
    write(tmp_path, good=POLICY, last=POD)
    (tmp_path / "bad.yaml").write_bytes(garbage)
    reading = read_sources([tmp_path])

    assert [each.kind for each in reading.documents if "bad" not in each.file] == [
        "CiliumNetworkPolicy",
        "Pod",
    ]
    policies, _ = read_policies(reading.documents, CiliumVersion.DEFAULT)
    assert [policy.name for policy in policies] == ["web"]

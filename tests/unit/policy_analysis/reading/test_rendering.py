"""What kustomizations set in the objects of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_eks_cilium.policy_analysis.reading import Reading, notes, read_sources, unrendered

POLICY = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web}
spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}
"""
FLUX = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop}\n"


def read(folder: Path, **files: str) -> Reading:
    """Read a folder with some files; in a name ``__`` stands for a slash, and ``k`` for a kustomization."""
    for name, text in files.items():
        *folders, last = name.split("__")
        file = folder.joinpath(*folders, "kustomization.yaml" if last == "k" else f"{last}.yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_sources([folder])


def namespaces(reading: Reading) -> dict[str, object]:
    return {each.kind: each.data["metadata"].get("namespace") for each in reading.documents}


def told(reading: Reading) -> list[str]:
    """What was left out of kustomizations."""
    return [", ".join(each.detail) for each in reading.left_out if each.reason == "kustomization"]


def test_a_kustomization_sets_the_namespace_of_its_resources(tmp_path: Path) -> None:
    reading = read(tmp_path, k="namespace: shop\nresources: [web.yaml]\n", web=POLICY, other=POLICY)

    assert [(Path(each.file).stem, each.data["metadata"].get("namespace")) for each in reading.documents] == [
        ("other", None),
        ("web", "shop"),
    ]
    assert reading.remarks == ("set as 'kustomize build' does: namespace shop of 1 object",)
    assert told(reading) == []


def test_a_namespace_that_is_there_is_replaced_and_a_namespace_gets_the_name(tmp_path: Path) -> None:
    there = POLICY.replace("web}", "web, namespace: old}")
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: old}\n"
    everywhere = POLICY.replace("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
    text = f"{there}---\n{namespace}---\n{everywhere}"
    reading = read(tmp_path, k="namespace: shop\nresources: [web.yaml]\n", web=text)

    assert namespaces(reading) == {
        "CiliumNetworkPolicy": "shop",
        "Namespace": None,
        "CiliumClusterwideNetworkPolicy": None,
    }
    assert reading.documents[1].data["metadata"]["name"] == "shop"


@pytest.mark.parametrize(("outer", "found"), [("namespace: prod\n", "prod"), ("", "base")])
def test_the_outermost_namespace_counts(tmp_path: Path, outer: str, found: str) -> None:
    reading = read(
        tmp_path,
        base__k="namespace: base\nresources: [web.yaml]\n",
        base__web=POLICY,
        prod__k=f"{outer}resources: [../base]\n",
    )

    assert namespaces(reading) == {"CiliumNetworkPolicy": found}


def test_overlays_with_different_namespaces_leave_their_base_as_it_is(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        base__k="resources: [web.yaml]\n",
        base__web=POLICY,
        dev__k="namespace: dev\nresources: [../base]\n",
        prod__k="namespace: prod\nresources: [../base]\n",
    )

    assert namespaces(reading) == {"CiliumNetworkPolicy": None}
    assert told(reading) == ["one of several namespaces for the same files"] * 2
    assert reading.remarks == ()


@pytest.mark.parametrize(
    ("field", "detail"),
    [
        ("commonLabels: {app: web}", "commonLabels"),
        ("labels: [{pairs: {app: web}, includeSelectors: true}]", "labels"),
        ("patches: [{patch: '- {op: remove, path: /spec}'}]", "patches"),
        ("replacements: [{path: a.yaml}]", "replacements"),
        ("components: [.]", "components"),
        ("helmCharts: [{name: a}]", "helmCharts"),
        ("bases: [../base]", "resources that are not in the files"),
    ],
)
def test_what_else_may_change_the_meaning_is_named(tmp_path: Path, field: str, detail: str) -> None:
    reading = read(tmp_path, k=f"namespace: shop\nresources: [web.yaml]\n{field}\n", web=POLICY)

    assert told(reading) == [detail]
    assert notes(reading.left_out)[0] == (
        f"left out, answers may differ: {detail}, of 1 kustomization, in {tmp_path / 'kustomization.yaml'}; "
        "render with 'kustomize build' first"
    )


@pytest.mark.parametrize(
    "field",
    [
        "namePrefix: a-",
        "images: [{name: a, newTag: b}]",
        "configMapGenerator: [{name: a}]",
        "labels: [{pairs: {app: web}}]",
        "patches: [{path: other.yaml}]",
    ],
)
def test_what_changes_no_meaning_is_not_named(tmp_path: Path, field: str) -> None:
    assert told(read(tmp_path, k=f"resources: [web.yaml]\n{field}\n", web=POLICY)) == []


def test_patches_of_other_objects_are_not_named(tmp_path: Path) -> None:
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    reading = read(tmp_path, k="resources: [a.yaml]\npatches: [{patch: 'a: 1'}]\n", a=other, web=POLICY)

    assert told(reading) == []


@pytest.mark.parametrize("inner", ["namespace: inner\nresources: [web.yaml]\n", None])
def test_flux_sets_its_target_namespace_in_its_path(tmp_path: Path, inner: str | None) -> None:
    reading = read(
        tmp_path,
        clusters__prod__shop=f"{FLUX}spec: {{path: ./apps/shop, targetNamespace: shop}}\n",
        apps__shop__web=POLICY,
        **({"apps__shop__k": inner} if inner else {}),
    )

    assert namespaces(reading) == {"CiliumNetworkPolicy": "shop"}


def test_a_root_of_flux_that_is_not_known_is_named(tmp_path: Path) -> None:
    reading = read(tmp_path, a=f"{FLUX}spec: {{path: ./, targetNamespace: shop}}\n", web=POLICY)

    assert namespaces(reading) == {"CiliumNetworkPolicy": None}
    assert told(reading) == ["targetNamespace for a path that is not known"]


def test_flux_with_a_path_elsewhere_is_not_rendered(tmp_path: Path) -> None:
    reading = read(tmp_path, a=f"{FLUX}spec: {{path: ./elsewhere}}\n", web=POLICY)

    assert [(each.kind, each.reason) for each in reading.left_out] == [("Kustomization", "not rendered")]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease", "not rendered"),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Application", "not rendered"),
        ("apiVersion: helm.m.crossplane.io/v1beta1\nkind: Release", "not rendered"),
        ("apiVersion: app.k8s.io/v1beta1\nkind: Application", "other kind"),
    ],
)
def test_what_stands_for_other_objects_matters(tmp_path: Path, head: str, reason: str) -> None:
    reading = read(tmp_path, a=f"{head}\nmetadata: {{name: a}}\n")

    assert [each.reason for each in reading.left_out] == [reason]
    assert unrendered(reading.left_out) == ([head.split()[-1]] if reason == "not rendered" else [])


def test_resources_elsewhere_and_templates_of_pods_are_not_rendered(tmp_path: Path) -> None:
    reading = read(
        tmp_path, k="resources: [elsewhere]\n", a="kind: Deployment\nmetadata: {name: '{{ a }}'}\n"
    )

    assert unrendered(reading.left_out) == ["template", "Kustomization"]


def test_kustomizations_that_name_each_other_end(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        a__k="resources: [../b, web.yaml]\n",
        a__web=POLICY,
        b__k="namespace: b\nresources: [../a]\n",
    )

    assert namespaces(reading) == {"CiliumNetworkPolicy": None}


def test_a_file_that_somebody_names_gets_the_namespace_of_the_kustomization_beside_it(tmp_path: Path) -> None:
    read(tmp_path, k="namespace: shop\nresources: [web.yaml, elsewhere]\n", web=POLICY, other=POLICY)
    reading = read_sources([tmp_path / "web.yaml", tmp_path / "other.yaml"])

    assert [each.data["metadata"].get("namespace") for each in reading.documents] == ["shop", None]
    assert reading.left_out == ()


@pytest.mark.parametrize("text", ["- 1\n", "a: [\n", "{{ if }}\n"])
def test_a_broken_kustomization_beside_a_file_changes_nothing(tmp_path: Path, text: str) -> None:
    read(tmp_path, k=text, web=POLICY)

    assert namespaces(read_sources([tmp_path / "web.yaml"])) == {"CiliumNetworkPolicy": None}


def test_a_kustomization_may_have_a_name_without_an_ending(tmp_path: Path) -> None:
    (tmp_path / "Kustomization").write_text("namespace: shop\nresources: [web.yaml]\n")

    assert namespaces(read(tmp_path, web=POLICY)) == {"CiliumNetworkPolicy": "shop"}

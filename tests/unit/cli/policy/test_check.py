from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cdk_eks_cilium.cli import main
from tests.unit.report_formats.sarif_shape import LOG

POLICY = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: web, namespace: shop{more}}}\n"
    "spec:\n  endpointSelector: {{}}\n  egress:\n  - toFQDNs: [{{matchName: example.com}}]\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_text(POLICY.format(more=""))
    return path


def test_findings_are_printed_and_end_with_1(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "--complete", str(file)]) == 1
    captured = capsys.readouterr()
    assert "CNP002 error CiliumNetworkPolicy shop/web spec.egress[0]" in captured.out
    assert captured.err.startswith("1 policy: ")


def test_what_another_file_could_have_is_a_note(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(file)]) == 0
    assert "CNP002 note" in capsys.readouterr().out
    assert main(["policy", "check", str(file.parent)]) == 1


def test_options_of_agents_come_from_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, settings = tmp_path / "nodes.yaml", tmp_path / "settings.yaml"
    file.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingress: [{fromNodes: [{matchLabels: {role: edge}}]}]}\n"
    )
    settings.write_text("tenants: [{namespace: shop}]\n")
    assert main(["policy", "check", "--settings", str(settings), str(file)]) == 1
    assert "CNP047 error" in capsys.readouterr().out
    settings.write_text("tenants: [{namespace: shop}]\ncilium: {overrides: {nodeSelectorLabels: true}}\n")
    main(["policy", "check", "--settings", str(settings), str(file)])
    assert "CNP047" not in capsys.readouterr().out


def test_a_policy_with_nothing_to_find_ends_with_0(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]}\n"
    )
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().err == "1 policy: nothing found\n"


def test_what_the_release_refuses_is_a_finding(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(
        POLICY.format(more="").replace("  egress", "  enableDefaultDeny: {egress: true}\n  egress")
    )
    assert main(["policy", "check", "--cilium", "1.15.19", str(file)]) == 1
    assert "needs Cilium 1.16" in capsys.readouterr().out


def test_exceptions_are_kept_apart_with_their_reason(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "--json", "--complete", str(file)]) == 1
    found = {each["id"] for each in json.loads(capsys.readouterr().out)["findings"]}
    meant = "; ".join(f"{each}: meant so" for each in sorted(found))
    file.write_text(POLICY.format(more=f", annotations: {{cdk-eks-cilium/ignore: '{meant}'}}"))
    assert main(["policy", "check", "--json", str(file)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["findings"] == []
    assert {each["because"] for each in report["suppressed"]} == {"meant so"}
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().err.endswith("suppressed with a reason\n")


def test_a_range_that_cannot_be_read_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["policy", "check", "--pod-cidr", "100.64.0.1/16", "--pod-cidr", "x", str(file)]
    assert main(call) == 2
    assert capsys.readouterr().err == (
        "1 problem\n  --pod-cidr: must be an IP range such as '100.64.0.0/16', got 'x'; correct the address "
        "or length [CEK7027]\n"
    )


def test_files_without_a_policy_are_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("")
    assert main(["policy", "check", str(file)]) == 1
    assert "must contain a policy of Cilium" in capsys.readouterr().err


TENANT_POLICY = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
    "spec:\n  endpointSelector: {matchLabels: {app: web}}\n"
    "  ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]\n"
)
OPEN_POLICY = TENANT_POLICY.replace("fromEndpoints: [{matchLabels: {app: api}}]", "fromEntities: [all]")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}, namespace: {1}, labels: {{app: {0}}}}}\n"


@pytest.mark.parametrize("settings", ["", "cilium: {l7_proxy: false}\n", "cilium: {version: 1.16.19}\n"])
@pytest.mark.parametrize(
    "pods", [[], [("web", "shop"), ("api", "shop")], [("web", "shop"), ("api", "shop"), ("m", "kube-system")]]
)
def test_what_the_library_generates_passes_its_own_gate(
    settings: str,
    pods: list[tuple[str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.yaml").write_text(
        f"{settings}tenants:\n- {{namespace: shop, policies: [web.yaml]}}\n- {{namespace: empty}}\n"
    )
    Path("web.yaml").write_text(TENANT_POLICY)
    Path("pods.yaml").write_text("---\n".join(POD.format(*pod) for pod in pods))

    assert main(["policy", "check", "--settings", "settings.yaml", "pods.yaml"]) == 0
    assert capsys.readouterr().err.startswith("3 policies: nothing found")


def test_a_finding_in_a_generated_policy_is_kept_apart_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.yaml").write_text("tenants: [{namespace: shop}]\n")
    Path("pods.yaml").write_text(POD.format("m", "kube-system"))

    assert main(["policy", "check", "--json", "--settings", "settings.yaml", "pods.yaml"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["suppressed"]
    assert kept["policy"] == "CiliumNetworkPolicy shop/default-deny"
    assert kept["because"] == "the library makes this policy of the tenants in the settings"


def test_a_policy_of_that_name_elsewhere_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.yaml").write_text("tenants: [{namespace: shop}]\n")
    other = POLICY.format(more="").replace(
        "name: web, namespace: shop", "name: default-deny, namespace: other"
    )
    Path("other.yaml").write_text(other)

    assert main(["policy", "check", "--settings", "settings.yaml", "other.yaml"]) == 1
    assert "CiliumNetworkPolicy other/default-deny" in capsys.readouterr().out


@pytest.mark.parametrize("namespace", ["kube-system", "default", "kube-node-lease"])
def test_the_namespaces_of_kubernetes_are_always_known(
    namespace: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer = f"matchLabels: {{k8s:io.kubernetes.pod.namespace: {namespace}}}"
    file.write_text(
        TENANT_POLICY.replace("matchLabels: {app: api}", peer)
        + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    )
    assert main(["policy", "check", str(file)]) == 0

    file.write_text(file.read_text().replace(namespace, "kube-sytem"))
    assert main(["policy", "check", str(file)]) == 1
    assert "CNP024" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fail_on", "status"), [(["--fail-on", "error"], 0), ([], 1), (["--fail-on", "note"], 1)]
)
def test_a_call_says_which_findings_fail(file: Path, fail_on: list[str], status: int) -> None:
    # A warning, CNP027, and no error.
    file.write_text(
        TENANT_POLICY.replace("fromEndpoints: [{matchLabels: {app: api}}]", "fromEntities: [all]")
    )

    assert main(["policy", "check", *fail_on, str(file)]) == status


def test_a_note_fails_only_if_notes_do(file: Path) -> None:
    assert [main(["policy", "check", "--fail-on", each, str(file)]) for each in ("note", "warning")] == [1, 0]


def test_a_finding_has_the_file_and_the_line_of_its_field(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"# shop\n---\n{TENANT_POLICY}---\n{POLICY.format(more='')}".replace("web", "w", 1))

    main(["policy", "check", "--json", "--complete", str(file)])
    (finding, *_) = [
        each for each in json.loads(capsys.readouterr().out)["findings"] if each["id"] == "CNP002"
    ]
    assert (finding["file"], finding["line"]) == (str(file), 16)
    main(["policy", "check", "--complete", str(file)])
    assert (
        f"{file} line 16: CNP002 error CiliumNetworkPolicy shop/web spec.egress[0]" in capsys.readouterr().out
    )


def test_a_finding_in_a_list_has_the_line_of_its_item(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = POLICY.format(more="").replace("\n", "\n  ").rstrip()
    file.write_text(f"kind: List\napiVersion: v1\nitems:\n- {item}\n")

    main(["policy", "check", "--complete", str(file)])
    assert f"{file} line 10: CNP002" in capsys.readouterr().out


def test_sarif_has_each_finding_at_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = file.with_name("found.sarif")
    wrong = TENANT_POLICY.replace("ingress:", "ingres:").replace("web,", "w,")
    file.write_text(f"{POLICY.format(more='')}---\n{wrong}")

    assert main(["policy", "check", "--sarif", str(report), "--complete", str(file)]) == 1
    assert f"wrote {report}\n" in capsys.readouterr().err
    log = json.loads(report.read_text())
    jsonschema.validate(log, LOG)
    run = log["runs"][0]
    results = {each["ruleId"]: each for each in run["results"]}
    found = results["CNP002"]
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "CNP002"
    assert found["level"] == "error"
    assert found["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": str(file)},
        "region": {"startLine": 7},
    }
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert f"{file} line 9: CiliumNetworkPolicy w: spec.ingres" in told["message"]["text"]
    assert not run["invocations"][0]["executionSuccessful"]


def test_a_finding_in_a_policy_of_a_tenant_names_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.yaml").write_text("tenants: [{namespace: shop, policies: [web.yaml]}]\n")
    Path("web.yaml").write_text(OPEN_POLICY)

    main(["policy", "check", "--settings", "settings.yaml"])
    assert capsys.readouterr().out.startswith("settings.yaml: CNP026")


RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: api, namespace: shop}\n"


@pytest.mark.parametrize(
    ("release", "complete", "severity"),
    [("", [], "warning"), (RELEASE, [], "note"), (RELEASE, ["--complete"], "warning")],
)
def test_what_a_release_may_make_is_a_note(
    release: str,
    complete: list[str],
    severity: str,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file.write_text("---\n".join([TENANT_POLICY, POD.format("web", "shop"), release]))

    main(["policy", "check", *complete, str(file)])
    printed = capsys.readouterr()
    assert f"CNP022 {severity} CiliumNetworkPolicy shop/web spec.ingress[0].fromEndpoints[0]" in printed.out
    told = "(HelmRelease) may make them; with --complete they are warnings" in printed.err
    assert told == (severity == "note")
    fix = "add the pods, if something unrendered (HelmRelease) makes them"
    assert (fix in printed.out) == (severity == "note")

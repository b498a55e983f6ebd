"""What templates need of single values: how a script reads it from them, and how the library reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.chart_needs import DATA_FILE, Need, needs_of
from scripts.chart_expressions import simplest
from scripts.chart_keys import DATA, recorded, release
from scripts.chart_needs import needs
from scripts.chart_values import packaged
from tests.releases import NEWEST


def read(template: str, **others: str) -> dict[str, str]:
    return needs(
        {"templates/x.yaml": template, **{f"templates/{name}.tpl": text for name, text in others.items()}}
    )


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ .Values.a.b.c }}", {"something a": "always", "something a.b": "always"}),
        ("{{ (.Values.a).b }}", {}),
        ("{{ if .Values.a }}{{ .Values.a.b }}{{ end }}", {}),
        ("{{ if .Values.on }}{{ .Values.a.b }}{{ end }}", {"something a": "on"}),
        ("{{ if not .Values.on }}x{{ else }}{{ .Values.a.b }}{{ end }}", {"something a": "on"}),
        ("{{ if and .Values.x .Values.a.b }}y{{ end }}", {"something a": "x"}),
        ("{{ if or .Values.x .Values.y }}{{ .Values.a.b }}{{ end }}", {"something a": "x or y"}),
        ('{{ if eq .Values.m "one" }}{{ .Values.a.b }}{{ end }}', {"something a": "m=one"}),
        ('{{ if hasKey .Values "k" }}{{ .Values.a.b }}{{ end }}', {"something a": "?k"}),
        ("{{ with .Values.a }}{{ .b.c }}{{ end }}", {"something a.b": "a"}),
        ("{{ $a := .Values.a }}{{ $a.b }}", {"something a": "always"}),
        ("{{ len .Values.a }}", {"something a": "always"}),
        ("{{ toYaml .Values.a }}", {}),
        ("{{ range .Values.a }}{{ .name }}{{ end }}", {"list a": "a", "mappings a": "a"}),
        ('{{ required "x" .Values.a }}', {"content a": "always"}),
        ('{{ semverCompare "<1" (default "1" .Values.a) }}', {"version a": "a"}),
        ("{{ if .Values.preflight.enabled }}{{ .Values.a.b }}{{ end }}", {"something preflight": "always"}),
        (
            '{{ if semverCompare "<1.30.0" .Capabilities.KubeVersion.Version }}{{ .Values.a.b }}{{ end }}',
            {},
        ),
    ],
)
def test_a_template_is_read_with_its_conditions(template: str, found: dict[str, str]) -> None:
    assert read(template) == found


def test_a_helper_is_read_where_it_is_included() -> None:
    helper = '{{ define "h" }}{{ .Values.a.b }}{{ end }}'
    assert read('{{ if .Values.on }}{{ include "h" . }}{{ end }}', h=helper) == {"something a": "on"}
    assert read("plain", h=helper) == {}


HELPER = """{{ define "h" }}
  {{- if not .Values.proxy }}
    {{- false }}
  {{- else if (not (kindIs "invalid" .Values.a.on)) }}
    {{- .Values.a.on }}
  {{- else }}
    {{- true }}
  {{- end }}
{{- end }}"""


@pytest.mark.parametrize(
    "template",
    [
        '{{ if eq (include "h" .) "true" }}{{ .Values.b.c }}{{ end }}',
        '{{ $x := eq (include "h" .) "true" }}{{ if .z }}y{{ end }}{{ if $x }}{{ .Values.b.c }}{{ end }}',
        '{{ $x := ne (include "h" .) "true" }}{{ if not $x }}{{ .Values.b.c }}{{ end }}',
    ],
)
def test_a_helper_that_says_true_is_a_condition(template: str) -> None:
    assert read(template, h=HELPER)["something b"] == "!?a.on proxy or a.on=true proxy"


@pytest.mark.parametrize(
    ("helper", "why"),
    [
        ('{{ define "h" }} {{ .Values.on }}{{ end }}', "a space is in the text too"),
        ('{{ define "h" }}{{- and .Values.one .Values.on }}{{ end }}', "the text is that of a value"),
        ('{{ define "h" }}{{- if .Values.on }}{{- lower .Values.text }}{{- end }}{{ end }}', "a function"),
    ],
)
def test_a_helper_whose_text_is_not_clear_is_no_condition(helper: str, why: str) -> None:
    wanted = '{{ if eq (include "h" .) "true" }}{{ .Values.b.c }}{{ else }}{{ .Values.b.c }}{{ end }}'
    assert read(wanted, h=helper)["something b"] == "always", why


def test_a_variable_that_a_branch_may_change_is_no_condition() -> None:
    changed = "{{ $x := not .Values.a }}{{ if .Values.z }}{{ $x = .Values.y }}{{ end }}"
    assert read(f"{changed}{{{{ if $x }}}}{{{{ .Values.b.c }}}}{{{{ end }}}}")["something b"] == "always"


def test_a_duration_is_what_the_chart_checks_as_one() -> None:
    assert read('{{ include "validateDuration" .Values.a }}') == {"duration a": "always"}


@pytest.mark.parametrize(
    ("alternatives", "fewer"),
    [
        (["a", "a b"], ["a"]),
        (["a b", "!a b"], ["b"]),
        (["a", "!a b"], ["a", "b"]),
        (["a", "!a"], [""]),
        (["a b", "c"], ["a b", "c"]),
    ],
)
def test_alternatives_are_said_in_few_words(alternatives: list[str], fewer: list[str]) -> None:
    found = simplest(frozenset(each.split()) for each in alternatives)
    assert found == {frozenset(each.split()) for each in fewer}


def test_the_library_reads_a_need_with_its_conditions() -> None:
    assert Need("something", "clustermesh.apiserver.tls", (("clustermesh.useAPIServer",),)) in needs_of(
        CiliumVersion.of("1.19.6")
    )
    assert Need("duration", "bpf.monitorInterval", ((),)) in needs_of(CiliumVersion.of("1.19.6"))


def test_a_need_has_its_releases() -> None:
    old, new = (
        {(need.kind, need.path) for need in needs_of(CiliumVersion.of(number))}
        for number in ("1.12.19", "1.14.0")
    )
    duration = ("duration", "bpf.monitorInterval")
    assert duration not in old
    assert duration in new


def test_the_data_come_from_the_charts_of_the_catalogue() -> None:
    keys = recorded(DATA.read_text(encoding="utf-8"))
    held = recorded((DATA.parent / DATA_FILE).read_text(encoding="utf-8"))
    assert held.keys() == keys.keys()


@pytest.mark.skipif(not os.environ.get("CILIUM_CHARTS"), reason="CILIUM_CHARTS names no folder with charts")
@pytest.mark.parametrize("number", NEWEST)
def test_the_data_are_what_the_charts_show(number: str) -> None:
    held = recorded((DATA.parent / DATA_FILE).read_text(encoding="utf-8"))
    chart = packaged(Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz")
    assert held[release(number)] == needs(chart.templates or {})

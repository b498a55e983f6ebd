"""What is found in the templates of a chart without rendering them."""

from __future__ import annotations

import pytest

from scripts.chart_syntax import parsed
from scripts.chart_templates import Reads, reads


def read(template: str, **others: str) -> Reads:
    return reads({"main.yaml": template, **others})


def touched(template: str, **others: str) -> set[str]:
    return {".".join(path) for path in read(template, **others).touched}


def whole(template: str) -> set[str]:
    return {".".join(path) for path in read(template).whole}


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        ("{{ .Values.a.b | quote }}", {"a.b"}),
        ("{{- $.Values.a -}}", {"a"}),
        ('{{ if hasKey .Values "a" }}x{{ end }}', {"a"}),
        ('{{ if hasKey .Values.a "b" }}x{{ end }}', {"a.b"}),
        ('{{ index .Values "a" "b" }}', {"a.b"}),
        ('{{ get .Values.a "b" }}', {"a.b"}),
        ('{{ dig "a" "b" "default" .Values.AsMap }}', {"a.b"}),
        ('{{ pluck "a" .Values | first }}', {"a"}),
        ("{{ with .Values.a }}{{ .b }}{{ else }}{{ .Values.c }}{{ end }}", {"a", "a.b", "c"}),
        ("{{ with .Values.a }}{{ $.Values.b }}{{ end }}", {"a", "b"}),
        ("{{ range .Values.a }}{{ .b }}{{ end }}", {"a", "a.*.b"}),
        ("{{ range $k, $v := .Values.a }}{{ $k }}{{ $v.b }}{{ end }}", {"a", "a.*.b"}),
        ("{{ $x := .Values.a }}{{ if $x.b }}x{{ end }}", {"a", "a.b"}),
        ("{{ $x := .Values.a }}{{ if 1 }}{{ $x = .Values.b }}{{ end }}{{ $x.c }}", {"a", "b", "a.c", "b.c"}),
        ("{{ (coalesce .Values.a .Values.b).c }}", {"a", "b", "a.c", "b.c"} - {"a", "b"}),
        ("{{ range list .Values.a .Values.b }}{{ .c }}{{ end }}", {"a", "b", "a.c", "b.c"}),
        ('{{ $d := dict "k" .Values.a }}{{ $d.k.b }}', {"a", "a.b"}),
        (
            "{{ if eq .Values.a 1 }}x{{ else if .Values.b }}y{{ else }}{{ .Values.c }}{{ end }}",
            {"a", "b", "c"},
        ),
        ("{{/* {{ .Values.a }} */}}{{ .Values.b }}", {"b"}),
        ('{{ printf "}} %s" .Values.a }}', {"a"}),
    ],
)
def test_a_template_reads(template: str, keys: set[str]) -> None:
    assert touched(template) == keys


def test_a_define_reads_what_it_is_given() -> None:
    helpers = '{{ define "image" }}{{ .repository }}{{ if .useDigest }}{{ .digest }}{{ end }}{{ end }}'
    assert touched('{{ include "image" .Values.image }}', helpers=helpers) == {
        *("image.repository", "image.useDigest", "image.digest"),
    }


def test_a_define_reads_what_it_is_given_in_a_list() -> None:
    helpers = '{{ define "class" }}{{ $root := index . 0 }}{{ index . 1 }}{{ $root.Values.b }}{{ end }}'
    assert touched('{{ include "class" (list $ .Values.a "x") }}', helpers=helpers) == {"a", "b"}


def test_a_define_that_nothing_includes_reads_nothing() -> None:
    assert touched('{{ define "unused" }}{{ .Values.a }}{{ end }}') == set()


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        ("{{ toYaml .Values.a | nindent 4 }}", {"a"}),
        ("{{ with .Values.a }}{{ . | toYaml }}{{ end }}", {"a"}),
        ('{{ omit .Values.a "enabled" | toYaml }}', {"a"}),
        ("{{ merge .Values.a .Values.b | toJson }}", {"a", "b"}),
        ("{{ .Values.a | quote }}", set()),
        ("{{ if .Values.a }}x{{ end }}", set()),
        ("{{ .Values.a }}", set()),
    ],
)
def test_a_value_copied_as_yaml_is_used_with_everything_in_it(template: str, keys: set[str]) -> None:
    assert whole(template) == keys


def test_a_value_that_is_only_refused_is_not_read() -> None:
    found = read('{{ if dig "a" "b" "" .Values.AsMap }}{{ if .Values.c }}{{ fail "gone" }}{{ end }}{{ end }}')
    assert (found.touched, found.guarded) == (set(), {("a", "b"), ("c",)})


def test_a_block_that_is_not_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="a block is not closed"):
        parsed("{{ if .Values.a }}")

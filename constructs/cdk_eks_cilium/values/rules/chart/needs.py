"""What the chart's templates need of single values: `versions.chart_needs` has the table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import leaves
from cdk_eks_cilium.versions.chart_needs import Need, Statement, needs_of
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .blame import Blame

Found = tuple[Problem, frozenset[str]]
"""A problem, and the chart values that it is about."""

#: What ``time.ParseDuration`` takes: https://pkg.go.dev/time#ParseDuration.
_DURATION: Final = re.compile(r"[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
#: What ``semver.NewVersion`` takes: https://pkg.go.dev/github.com/Masterminds/semver/v3#NewVersion.
_VERSION: Final = re.compile(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
#: ``templates/clustermesh-config/clustermesh-secret.yaml`` decides by both.
_MESH_SWITCHES: Final = ("clustermesh.useAPIServer", "clustermesh.apiserver.kvstoremesh.enabled")
#: The templates cut the digest off before they compare.
_DIGEST: Final = re.compile(r"@.*")


def need_problems(values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """What *values* lack that the templates of their chart need."""
    version = values.version
    # Most needs share their conditions, and these their statements, with others.
    holds = cache(lambda statement: _holds(statement, values))
    counts = cache(lambda conditions: any(all(map(holds, condition)) for condition in conditions))
    needs = [need for need in needs_of(version) if counts(need.conditions)]
    for need in needs:
        value = values.get(need.path)
        if need.kind == "something" and values.clears(need.path):
            yield _null(need.path, version, blame)
        elif need.kind == "duration" and _given(value) and not _DURATION.fullmatch(_text(value)):
            yield _malformed(need, blame, "a duration with its unit", "write it as '30s', '5m' or '1h30m'")
        elif need.kind == "version" and value is not MISSING and not _is_version(value):
            yield _malformed(
                need, blame, "a version, which the templates compare", f"write it as '{version}'"
            )
        elif need.kind == "list" and isinstance(value, str | bool) and value:
            yield _malformed(need, blame, "a list", f"write a list: {[value]!r}")
        elif need.kind == "mappings" and not all(isinstance(each, Mapping) for each in _entries(value)):
            yield _malformed(need, blame, "made of mappings", "write each entry as a mapping")
    yield from _null_sections(values, blame)
    yield from _switches(values, blame)
    yield from _without_content([need for need in needs if need.kind == "content"], values, blame)


def _null(path: str, version: CiliumVersion, blame: Blame) -> Found:
    where, _ = blame.first([path])
    rule = f"must not be null: the templates of chart {version} look into it, and fail"
    fix = "remove it, or set single values in it"
    return Problem(where, rule, None, fix, id="CEK2240"), frozenset({path})


def _null_sections(values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """Nulls in place of sections that the chart's values lack: templates find the name, and nothing in it."""
    for path in values.null_sections():
        yield _null(path, values.version, blame)


def _switches(values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """What goes into a ``ternary``, which takes true and false alone, by ways that the table lacks."""
    for parts, value in leaves(values.written):
        if parts[-1] == "useDigest" and not isinstance(value, bool | None):
            path = ".".join(parts)
            yield _malformed(
                Need("switch", path, ()), blame, "true or false", "write it without quotes, or remove it"
            )
    for path in _MESH_SWITCHES:
        if values.on("clustermesh.config.enabled") and values.clears(path):
            yield _null(path, values.version, blame)


def _malformed(need: Need, blame: Blame, what: str, fix: str) -> Found:
    where, got = blame.first([need.path])
    rule = f"must be {what}: the chart fails on anything else"
    return Problem(where, rule, got, fix, id="CEK2241"), frozenset({need.path})


def _without_content(needs: list[Need], values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """One problem for each setting that makes the chart require values nobody gave."""
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    about: defaultdict[str, set[str]] = defaultdict(set)
    given: dict[str, Any] = {}
    for need in needs:
        if values.get(need.path) not in (MISSING, ""):
            continue
        paths = [_path(each) for condition in need.conditions for each in condition if _holds(each, values)]
        # An ending such as auto.enabled turned off explains more than a feature turned on.
        where, got = blame.first([*sorted(paths, key=lambda path: values.on(path)), need.path])
        lacking[where].append(need.path)
        about[where] |= {need.path, *paths}
        given[where] = got
    for where, missing in lacking.items():
        rule = f"needs more values, without which the chart fails: {', '.join(missing)}"
        fix = "remove it, or set these in overrides"
        yield Problem(where, rule, given[where], fix, id="CEK2242"), frozenset(about[where])


def _given(value: Any) -> bool:
    """Whether templates look at a value: they pass over 0, empty text and false."""
    return value is not MISSING and bool(value) and not isinstance(value, dict | list)


def _entries(value: Any) -> list[Any]:
    """What a template goes through, in a list or a mapping."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []


def _is_version(value: Any) -> bool:
    return isinstance(value, str) and _VERSION.fullmatch(_DIGEST.sub("", value)) is not None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(statement: Statement, values: EffectiveValues) -> bool:
    """Whether a statement of the table is true of *values*."""
    path, compared, text = _parts(statement)
    if compared:
        value = values.get(path)
        return ((_text(value) if value is not MISSING else MISSING) == text) is (compared == "=")
    if statement.startswith("?"):
        return values.get(path) is not MISSING or values.on(path)
    if statement.startswith("!"):
        return not _holds(statement[1:], values)
    return values.on(path)


def _path(statement: Statement) -> str:
    return _parts(statement)[0]


@cache
def _parts(statement: Statement) -> tuple[str, str, str]:
    """The path, ``=`` or ``!=`` if it compares, and the text that it compares with."""
    match = re.fullmatch(r"[!?]*([^!=]+)(!?=)?(.*)", statement)
    if match is None:
        raise ValueError(f"not a statement: {statement!r}")
    return match[1], match[2] or "", match[3]

"""Lints about HTTP rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.expressions import MOST_INSTRUCTIONS, has_unicode_class, instructions
from cdk_eks_cilium.policy.model import HttpRule
from cdk_eks_cilium.policy.server_names import server_expression
from cdk_eks_cilium.policy_analysis.evaluation.requests import header

from .context import LintContext
from .definition import lint
from .finding import Hit, Spot

_HTTP: Final = "https://docs.cilium.io/en/stable/security/policy/language/#http"
_PLAIN: Final = re.compile(r"/[-\w/.~%]*")


def _rules(context: LintContext) -> Iterator[tuple[Spot, HttpRule]]:
    for view in context.items("ingress", "egress"):
        for port_rule in view.port_rules:
            rules = getattr(port_rule.rule, "rules", None)
            for index, each in enumerate((rules.http if rules is not None else None) or ()):
                yield view.spot.at(f"toPorts[{port_rule.index}].rules.http[{index}]"), each


@lint(
    "CNP033",
    "Expressions of paths match whole paths",
    "warning",
    "A path is a regular expression of the whole path: '/api' does not match '/api/x', and '/api/*' "
    "matches '/api' with slashes after it.",
    _HTTP,
)
def _paths(context: LintContext) -> Iterator[Hit]:
    for spot, rule in _rules(context):
        path = rule.path
        if not path:
            continue
        here = spot.at("path")
        bare = path.removeprefix("^").removesuffix("$")
        if bare.endswith("/*") or "/*/" in bare:
            yield here.hit(
                "is an expression, where '/*' stands for slashes and not for what follows them",
                f"write {bare.replace('/*', '/.*')!r}",
                got=repr(path),
            )
        elif bare[:1] not in ("/", ".", "(", "[", "\\"):
            yield here.hit(
                "must begin with a slash, or it matches no request", f"write {'/' + bare!r}", got=repr(path)
            )
        elif bare != path:
            yield here.hit(
                "must match the whole path anyway",
                "leave '^' and '$' out, and write '.*' where more may follow",
                got=repr(path),
                severity="note",
            )
        elif _PLAIN.fullmatch(path) and path.endswith("/") and path != "/":
            yield here.hit(
                "matches only that path, and nothing below it",
                f"write {path + '.*'!r} for what is below",
                got=repr(path),
                severity="note",
            )


@lint(
    "CNP034",
    "HTTP methods are in upper case",
    "warning",
    "Cilium compares methods with their case, and requests have GET, not get.",
    _HTTP,
)
def _methods(context: LintContext) -> Iterator[Hit]:
    for spot, rule in _rules(context):
        method = rule.method
        if method and re.fullmatch(r"[a-zA-Z|()]+", method) and method != method.upper():
            yield spot.at("method").hit(
                "must be in upper case, as requests have it", f"write {method.upper()!r}", got=repr(method)
            )


@lint(
    "CNP040",
    "A space separates headers from their values",
    "error",
    "Cilium reads 'X-Token: 1' and 'X-Token 1' as a header and its value. It takes 'X-Token:1' for the "
    "name of a header, which no request has, so nothing passes.",
    _HTTP,
)
def _headers(context: LintContext) -> Iterator[Hit]:
    for spot, rule in _rules(context):
        for index, text in enumerate(rule.headers or ()):
            name, _ = header(text)
            if ":" in name or not name:
                fixed = re.sub(r":\s*", ": ", text.strip(), count=1).removesuffix(": ")
                yield spot.at(f"headers[{index}]").hit(
                    "must have its first space between the name and the value",
                    f"write {fixed!r}" if fixed else "leave it out",
                    got=repr(text),
                )


@lint(
    "CNP046",
    "Envoy takes the expressions",
    "error",
    f"Envoy takes regular expressions whose program has at most {MOST_INSTRUCTIONS} instructions. It refuses "
    "a larger one, and every policy of the endpoint with it; Cilium has no setting for that.",
    "https://github.com/cilium/cilium/issues/41314",
)
def _sizes(context: LintContext) -> Iterator[Hit]:
    for spot, rule in _rules(context):
        for name in ("method", "path", "host"):
            yield from _oversized(spot.at(name), getattr(rule, name))
    for view in context.items("ingress", "egress", nodes=True):
        for port_rule in view.port_rules:
            for index, each in enumerate(getattr(port_rule.rule, "server_names", None) or ()):
                if "*" in each:
                    spot = view.spot.at(f"toPorts[{port_rule.index}].serverNames[{index}]")
                    yield from _oversized(spot, server_expression(each))


def _oversized(spot: Spot, expression: str | None) -> Iterator[Hit]:
    size = instructions(expression) if expression else 0
    if size > MOST_INSTRUCTIONS:
        yield spot.hit(
            f"must be a program of at most {MOST_INSTRUCTIONS} instructions, or Envoy refuses every policy "
            "of the endpoint",
            "shorten it, or split it into several rules",
            got=f"about {size}",
        )
    elif expression and has_unicode_class(expression):
        yield spot.hit(
            f"must be a program of at most {MOST_INSTRUCTIONS} instructions for Envoy, and most classes of "
            "Unicode are larger",
            "write the letters that occur, such as [a-z]",
            got=repr(expression),
            severity="warning",
        )

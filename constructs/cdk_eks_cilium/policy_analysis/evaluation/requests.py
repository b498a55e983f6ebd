"""HTTP requests against the rules of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdk_eks_cilium.policy.expressions import (
    MOST_INSTRUCTIONS,
    has_unicode_class,
    instructions,
    matches,
)
from cdk_eks_cilium.policy.model import HttpRule

from .flow import HttpRequest


def every(answers: Iterable[bool | None]) -> bool | None:
    """Whether all hold: a false answer decides, and an unknown answer leaves it unknown."""
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown |= answer is None
    return None if unknown else True


def some(answers: Iterable[bool | None]) -> bool | None:
    """Whether any holds: a true answer decides, and an unknown answer leaves it unknown."""
    negated = every(None if answer is None else not answer for answer in answers)
    return None if negated is None else not negated


def matches_request(rule: HttpRule, request: HttpRequest) -> bool | None:
    """Whether a request matches an HTTP rule; expressions must match the whole text.

    Returns:
        None where an expression does not say, see `doubts`.
    """
    return every((*_matched(rule, request), *_headers_match(rule, request)))


def _matched(rule: HttpRule, request: HttpRequest) -> Iterator[bool | None]:
    for expression, value in _expressions(rule, request):
        refused = instructions(expression) > MOST_INSTRUCTIONS or has_unicode_class(expression)
        yield None if refused else matches(expression, value)


def _expressions(rule: HttpRule, request: HttpRequest) -> Iterator[tuple[str, str]]:
    """The expressions of a rule, each with what it has to match; an empty one means any text."""
    for expression, value in (
        (rule.method, request.method),
        (rule.path, request.path),
        (rule.host, request.host),
    ):
        if expression:
            yield expression, value


def _headers_match(rule: HttpRule, request: HttpRequest) -> Iterator[bool | None]:
    for text in rule.headers or ():
        yield _has_header(request, *header(text))
    for one in rule.header_matches or ():
        # A mismatch is logged, or the header changed (`HeaderMatch::allowed` in cilium/proxy).
        if one.mismatch is None and one.secret is not None:
            yield None if _has_header(request, one.name, None) else False
        elif one.mismatch is None:
            yield _has_header(request, one.name, one.value or None)


def doubts(rule: HttpRule, request: HttpRequest) -> Iterator[str]:
    """What is not known of a rule and a request, each in words."""
    for expression, value in _expressions(rule, request):
        if (size := instructions(expression)) > MOST_INSTRUCTIONS:
            yield (
                f"what Envoy does with {expression!r}, a program of {size} instructions, where it takes "
                f"{MOST_INSTRUCTIONS} by default"
            )
        elif has_unicode_class(expression):
            yield (
                f"whether Envoy takes {expression!r}: classes of Unicode are large, and it takes programs of "
                f"{MOST_INSTRUCTIONS} instructions by default"
            )
        elif matches(expression, value) is None:
            yield f"whether {expression!r} matches {value!r}, which depends on the release of Unicode"
    for one in rule.header_matches or ():
        if one.mismatch is None and one.secret is not None and _has_header(request, one.name, None):
            yield f"whether the header {one.name} has the value in the Secret {one.secret.name}"


def header(text: str) -> tuple[str, str | None]:
    """Name and value of a header as an HTTP rule writes them: ``X-Token: 1``, ``X-Token 1`` or ``X-Token``.

    Cilium splits them at the first space. Without a space, a colon is part of the name
    (``getHTTPRule`` in its ``pkg/envoy``).
    """
    name, space, value = text.partition(" ")
    return (name.rstrip(":"), value) if space else (name, None)


def _has_header(request: HttpRequest, name: str, value: str | None) -> bool:
    found = request.header(name)
    return found is not None and (value is None or found == value)

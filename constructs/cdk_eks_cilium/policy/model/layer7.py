"""What a proxy checks: HTTP requests, DNS questions, Kafka requests, TLS."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictInt, model_validator

from cdk_eks_cilium.policy.expressions import ExpressionError, check
from cdk_eks_cilium.problems import refusal

from .kafka import KafkaRule
from .part import PolicyPart, Text
from .peers import FqdnSelector


def _expression(text: str) -> str:
    # Agents compile paths and methods (`PortRuleHTTP.Sanitize`, `pkg/policy/api/http.go`), and Envoy all of
    # them, as RE2 full matches of :path, :method and :authority (`getHTTPRule`, `pkg/envoy`).
    try:
        check(text)
    except ExpressionError as error:
        raise refusal(
            f"must be a regular expression of RE2 (found {error})",
            "see https://github.com/google/re2/wiki/Syntax for what there is, and escape special characters",
            id="CEK5016",
        ) from None
    return text


Expression = Annotated[Text, AfterValidator(_expression)]
"""A regular expression that the whole text has to match."""


class SecretReference(PolicyPart):
    """A Secret by name."""

    name: Text
    namespace: Text | None = None


def _check_name(secret: SecretReference) -> None:
    if not secret.name:
        raise refusal("must give the name of its secret", "name the Secret", id="CEK5122")


class HeaderMatch(PolicyPart):
    """A header that must be there, with a value where one is given.

    With *mismatch* the request passes all the same, and the header is logged, added, deleted or replaced.
    """

    name: Annotated[Text, Field(min_length=1)]
    value: Text | None = None
    secret: SecretReference | None = None
    mismatch: Literal["LOG", "ADD", "DELETE", "REPLACE"] | None = None

    @model_validator(mode="after")
    def _a_secret_with_a_name(self) -> Self:
        # "Secret name missing", `PortRuleHTTP.Sanitize` in `pkg/policy/api/http.go`.
        if self.secret is not None:
            _check_name(self.secret)
        return self


class HttpRule(PolicyPart):
    """Requests that match every field that is set. Path, method and host must match the whole text.

    The path is what the request line has, with the query; the host is with its port. Values of headers are
    texts, and no expressions.
    """

    method: Expression | None = None
    path: Expression | None = None
    host: Expression | None = None
    headers: tuple[Text, ...] | None = None
    header_matches: tuple[HeaderMatch, ...] | None = None


class L7Rules(PolicyPart):
    """The requests that pass, of one protocol."""

    http: tuple[HttpRule, ...] | None = None
    dns: tuple[FqdnSelector, ...] | None = None
    kafka: tuple[KafkaRule, ...] | None = None
    l7proto: Text | None = None
    l7: tuple[dict[Text, Text], ...] | None = None

    @model_validator(mode="after")
    def _one_protocol(self) -> Self:
        if len(self._given) > 1:
            raise refusal(
                f"must be of one protocol, got {' and '.join(self._given)}",
                "write one item of toPorts for each",
                id="CEK5017",
            )
        if any(not key for each in self.l7 or () for key in each):
            # "Empty key not allowed", `PortRuleL7.Sanitize` in `pkg/policy/api/l7.go`.
            raise refusal(
                "must have no empty key in l7", "name the field that the parser reads", id="CEK5127"
            )
        if self.l7 is not None and self.l7proto is None:
            raise refusal("must have l7proto beside l7", "name the parser under l7proto", id="CEK5018")
        return self

    @property
    def _given(self) -> list[str]:
        return [name for name in ("http", "dns", "kafka", "l7proto") if getattr(self, name) is not None]

    @property
    def protocol(self) -> str | None:
        """The field that is set: ``http``, ``dns``, ``kafka`` or ``l7proto``; None without rules."""
        return next(iter(self._given), None)


class TlsContext(PolicyPart):
    """Certificates for a proxy that ends or begins TLS."""

    secret: SecretReference
    trusted_ca: Text | None = None
    certificate: Text | None = None
    private_key: Text | None = None

    @model_validator(mode="after")
    def _a_secret_with_a_name(self) -> Self:
        # "Missing Secret name", `GetSecrets` in `pkg/crypto/certificatemanager`: the endpoint then keeps the
        # policies that it had.
        _check_name(self.secret)
        return self


class EnvoyConfigReference(PolicyPart):
    """A CiliumEnvoyConfig by name."""

    name: Annotated[Text, Field(min_length=1)]
    kind: Literal["CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"] | None = None


class Listener(PolicyPart):
    """An Envoy listener that gets the traffic."""

    envoy_config: EnvoyConfigReference
    name: Annotated[Text, Field(min_length=1)]
    priority: Annotated[StrictInt, Field(ge=1, le=100)] | None = None

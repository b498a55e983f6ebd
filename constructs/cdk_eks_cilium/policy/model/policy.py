"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self
from unicodedata import category

from pydantic import AfterValidator, Field, StrictBool, StrictInt, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_dns_label, is_subdomain
from cdk_eks_cilium.problems.wording import Dialect

from .part import PolicyPart, Text
from .rules import SECTIONS, EgressDenyRule, EgressRule, IngressDenyRule, IngressRule, Item
from .selectors import LabelSelector


def _name(text: str) -> str:
    if not is_subdomain(text):
        raise refusal(
            "must be a valid Kubernetes name",
            "use at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            id="CEK5028",
        )
    return text


def _namespace(text: str) -> str:
    if not is_dns_label(text):
        raise refusal(
            "must be the name of a namespace",
            "use at most 63 lower-case letters, digits and '-'",
            id="CEK5029",
        )
    return text


def _printable(text: str) -> str:
    if any(category(letter).startswith("C") for letter in text):
        raise refusal(
            "must have no control characters", "keep to letters, digits, spaces and punctuation", id="CEK5030"
        )
    return text


class EnableDefaultDeny(PolicyPart):
    """Whether the rule denies what nothing allows, in directions where it has items. By default it does."""

    ingress: StrictBool | None = None
    egress: StrictBool | None = None


class PolicyLabel(PolicyPart):
    """A label of the rule itself."""

    key: Text
    value: Text | None = None
    source: Text | None = None


class Log(PolicyPart):
    """Text that Hubble's flows carry for connections that the rule decides."""

    value: Annotated[Text, Field(max_length=32), AfterValidator(_printable)] | None = None


class Rule(PolicyPart):
    """The items for the endpoints, or the nodes, that a selector chooses."""

    endpoint_selector: LabelSelector | None = None
    node_selector: LabelSelector | None = None
    description: Text | None = None
    ingress: tuple[IngressRule, ...] | None = None
    ingress_deny: tuple[IngressDenyRule, ...] | None = None
    egress: tuple[EgressRule, ...] | None = None
    egress_deny: tuple[EgressDenyRule, ...] | None = None
    enable_default_deny: EnableDefaultDeny | None = None
    labels: tuple[PolicyLabel, ...] | None = None
    log: Log | None = None

    @model_validator(mode="after")
    def _one_selector(self) -> Self:
        if (self.endpoint_selector is None) == (self.node_selector is None):
            raise refusal(
                "must have exactly one of endpointSelector and nodeSelector",
                "add 'endpointSelector: {}' for every pod, or write two rules",
                id="CEK5031",
            )
        return self

    @property
    def selector(self) -> LabelSelector:
        """The selector, of endpoints or of nodes."""
        chosen = self.node_selector if self.endpoint_selector is None else self.endpoint_selector
        assert chosen is not None
        return chosen

    def items(self) -> Iterator[tuple[str, int, Item]]:
        """Every item with its section, as a field name, and its index there."""
        for section in SECTIONS:
            for index, item in enumerate(getattr(self, section) or ()):
                yield section, index, item

    def denies_by_default(self, direction: Literal["ingress", "egress"]) -> bool:
        """Whether the endpoints refuse, in *direction*, what no rule allows.

        Items cause that, and ``enableDefaultDeny`` can only switch it off (`RulesToPolicyEntries` in Cilium's
        ``pkg/policy/utils``, `computePolicyEnforcementAndRules` before 1.19).
        """
        items = getattr(self, direction) or getattr(self, f"{direction}_deny")
        return bool(items) and getattr(self.enable_default_deny, direction, None) is not False


class Metadata(PolicyPart):
    """Name and labels, and what an API server adds when a policy is read from it.

    A policy that the API server is to name has the beginning of that name.
    """

    name: Annotated[Text, AfterValidator(_name)]
    namespace: Annotated[Text, AfterValidator(_namespace)] | None = None
    labels: dict[Text, Text] | None = None
    annotations: dict[Text, Text] | None = None
    generate_name: Text | None = None
    creation_timestamp: Any = None
    deletion_timestamp: Any = None
    deletion_grace_period_seconds: StrictInt | None = None
    finalizers: tuple[Text, ...] | None = None
    generation: StrictInt | None = None
    managed_fields: tuple[dict[str, Any], ...] | None = None
    owner_references: tuple[dict[str, Any], ...] | None = None
    resource_version: Text | None = None
    self_link: Text | None = None
    uid: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _generated_name(cls, data: Any) -> Any:
        begin = data.get("generateName") if isinstance(data, dict) else None
        return {"name": begin.rstrip("-."), **data} if isinstance(begin, str) else data


class _Policy(PolicyPart):
    """The fields of both kinds."""

    api_version: Literal["cilium.io/v2"] = "cilium.io/v2"
    metadata: Metadata
    spec: Rule | None = None
    specs: tuple[Rule, ...] | None = None
    status: Any = None

    # Old examples of Cilium's have their description beside spec, where kubectl refuses it.
    dialect: ClassVar[Dialect] = replace(
        PolicyPart.dialect,
        misplaced={field.alias or name: "move it into spec" for name, field in Rule.model_fields.items()},
    )

    @model_validator(mode="after")
    def _some_rule(self) -> Self:
        if self.spec is None and not self.specs:
            raise refusal(
                "must have rules under spec or specs", "add spec with an endpointSelector", id="CEK5032"
            )
        return self

    @property
    def name(self) -> str:
        """The name of the policy."""
        return self.metadata.name

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule with its place: ``spec``, ``specs[0]``."""
        if self.spec is not None:
            yield "spec", self.spec
        for index, rule in enumerate(self.specs or ()):
            yield f"specs[{index}]", rule

    def manifest(self) -> dict[str, Any]:
        """The policy as plain data, always with kind and version."""
        return {"apiVersion": self.api_version, "kind": self.kind_name, **super().manifest()}

    @property
    def kind_name(self) -> str:
        """The kind, as Kubernetes spells it."""
        return str(type(self).model_fields["kind"].default)

    @property
    def written_as(self) -> str:
        """The kind that people know it by."""
        return self.kind_name

    def source_path(self, path: str) -> str:
        """The path in what its author wrote: the same, unless it was made of another kind."""
        return path


class CiliumNetworkPolicy(_Policy):
    """A policy for pods of one namespace; ``default`` if the metadata has no namespace."""

    kind: Literal["CiliumNetworkPolicy"] = "CiliumNetworkPolicy"

    @model_validator(mode="after")
    def _pods_only(self) -> Self:
        if any(rule.node_selector is not None for _, rule in self.rules()):
            raise refusal(
                "must select endpoints, got nodeSelector",
                "write a CiliumClusterwideNetworkPolicy for nodes",
                id="CEK5033",
            )
        return self

    @property
    def namespace(self) -> str:
        """The namespace of the pods."""
        return self.metadata.namespace or "default"


class CiliumClusterwideNetworkPolicy(_Policy):
    """A policy for pods of every namespace, or for nodes."""

    kind: Literal["CiliumClusterwideNetworkPolicy"] = "CiliumClusterwideNetworkPolicy"

    @model_validator(mode="after")
    def _no_namespace(self) -> Self:
        if self.metadata.namespace is not None:
            raise refusal(
                "must have no namespace",
                "leave metadata.namespace out, or write a CiliumNetworkPolicy",
                id="CEK5034",
            )
        return self

    @property
    def namespace(self) -> None:
        """None: the policy is for every namespace."""
        return

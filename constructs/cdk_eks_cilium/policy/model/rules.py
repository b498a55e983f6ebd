"""One item of a section: who may reach the endpoint, or whom it may reach, and how."""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, Self

from pydantic import model_validator

from cdk_eks_cilium.problems import refusal

from .part import PolicyPart
from .peers import CidrRule, Entity, FqdnSelector, Group, Range, Service
from .ports import IcmpRule, PortDenyRule, PortRule
from .selectors import LabelSelector


class Authentication(PolicyPart):
    """Whether both sides have to prove who they are."""

    mode: Literal["disabled", "required", "test-always-fail"]


class _Item(PolicyPart):
    """The fields of all items. Fields that begin with ``from_`` or ``to_`` name the other side."""

    icmps: tuple[IcmpRule, ...] | None = None

    @model_validator(mode="after")
    def _one_kind_of_peer(self) -> Self:
        # "Combining X and Y is not supported yet", `pkg/policy/api/rule_validation.go`.
        kinds = [name for name in self.peer_fields() if getattr(self, name)]
        if len(kinds) > 1:
            names = " and ".join(spelled_field(type(self), name) for name in kinds)
            raise refusal(
                f"must have one kind of peer, got {names}", "write one item for each kind", id="CEK5044"
            )
        if self.icmps and getattr(self, "to_ports", None):
            raise refusal("must have icmps or toPorts, got both", "write one item for each", id="CEK5045")
        return self

    @classmethod
    @cache
    def peer_fields(cls) -> tuple[str, ...]:
        """The fields that name the other side."""
        return tuple(
            name
            for name in cls.model_fields
            if name.startswith(("from_", "to_")) and name not in ("to_ports", "to_requires", "from_requires")
        )

    @property
    def peer_kind(self) -> str | None:
        """The field of peers that is set, even to an empty list; None if the other side may be anyone."""
        # The fields are in the object's dictionary, which is quicker than the attributes.
        values = self.__dict__
        given = [name for name in self.peer_fields() if values[name] is not None]
        return next((name for name in given if getattr(self, name)), given[0] if given else None)

    @property
    def is_empty(self) -> bool:
        """Whether it allows and denies nothing: it only makes the rule select."""
        return not self.icmps and not getattr(self, "to_ports", None) and self.peer_kind is None


def spelled_field(part: type[PolicyPart], name: str) -> str:
    """How Cilium spells a field of *part*."""
    return part.model_fields[name].alias or name


class _Ingress(_Item):
    from_endpoints: tuple[LabelSelector, ...] | None = None
    from_entities: tuple[Entity, ...] | None = None
    from_cidr: tuple[Range, ...] | None = None
    from_cidr_set: tuple[CidrRule, ...] | None = None
    from_nodes: tuple[LabelSelector, ...] | None = None
    from_groups: tuple[Group, ...] | None = None
    from_requires: tuple[LabelSelector, ...] | None = None


class _Egress(_Item):
    to_endpoints: tuple[LabelSelector, ...] | None = None
    to_entities: tuple[Entity, ...] | None = None
    to_cidr: tuple[Range, ...] | None = None
    to_cidr_set: tuple[CidrRule, ...] | None = None
    to_services: tuple[Service, ...] | None = None
    to_nodes: tuple[LabelSelector, ...] | None = None
    to_groups: tuple[Group, ...] | None = None
    to_requires: tuple[LabelSelector, ...] | None = None


class IngressRule(_Ingress):
    """Who may reach the endpoint: one kind of peer (or anyone), on some ports (or all)."""

    to_ports: tuple[PortRule, ...] | None = None
    authentication: Authentication | None = None

    @model_validator(mode="after")
    def _for_ingress(self) -> Self:
        for rule in self.to_ports or ():
            if rule.rules is not None and rule.rules.dns:
                raise refusal(
                    "must have no DNS rules in ingress",
                    "put them into egress, to the DNS servers",
                    id="CEK5046",
                )
            if rule.listener is not None:
                raise refusal("must have no listener in ingress", "use it in egress", id="CEK5047")
        return self


class EgressRule(_Egress):
    """Whom the endpoint may reach: one kind of peer (or anyone), on some ports (or all)."""

    to_fqdns: tuple[FqdnSelector, ...] | None = None
    to_ports: tuple[PortRule, ...] | None = None
    authentication: Authentication | None = None


class IngressDenyRule(_Ingress):
    """Who may not reach the endpoint, whatever allows it."""

    to_ports: tuple[PortDenyRule, ...] | None = None


class EgressDenyRule(_Egress):
    """Whom the endpoint may not reach, whatever allows it. Names cannot be denied."""

    to_ports: tuple[PortDenyRule, ...] | None = None


Item = IngressRule | EgressRule | IngressDenyRule | EgressDenyRule

SECTIONS: Final = ("ingress", "ingress_deny", "egress", "egress_deny")
"""The sections of a rule, as fields."""

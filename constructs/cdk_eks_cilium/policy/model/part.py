"""What the parts of a policy have in common: closed, frozen, and spelled as Cilium spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, StrictStr

from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import Dialect

Text = StrictStr
"""Text as the API server takes it: numbers and booleans that YAML made of text are refused."""

# Names that camel case does not give.
_SPELLED: Final = {
    "from_cidr": "fromCIDR",
    "from_cidr_set": "fromCIDRSet",
    "to_cidr": "toCIDR",
    "to_cidr_set": "toCIDRSet",
    "to_fqdns": "toFQDNs",
    "except_": "except",
    "terminating_tls": "terminatingTLS",
    "originating_tls": "originatingTLS",
    "trusted_ca": "trustedCA",
    "client_id": "clientID",
}


def spelled(name: str) -> str:
    """How Cilium spells the field *name*: ``to_fqdns`` is ``toFQDNs``."""
    first, *rest = name.split("_")
    return _SPELLED.get(name) or first + "".join(word.capitalize() for word in rest)


class PolicyPart(Model):
    """A part of a policy.

    Fields have Python's names here and Cilium's in `manifest` and in YAML. Fields that were not set stay
    unset: an absent list and an empty list mean different things to Cilium, and both survive a round trip.
    """

    model_config = ConfigDict(
        alias_generator=spelled,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
    # Whole sections of a manifest are too long to show.
    dialect: ClassVar[Dialect] = Dialect(hides=(Mapping, list, tuple, BaseModel))

    def manifest(self) -> dict[str, Any]:
        """The part as plain data under Cilium's names, without fields that were not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def not_none(**fields: Any) -> dict[str, Any]:
    """The *fields* that are not None, for the constructor of a part that must leave the others unset."""
    return {name: value for name, value in fields.items() if value is not None}

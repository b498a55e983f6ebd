"""Encryption of the traffic between nodes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, field_validator, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_subdomain

from .closed import Closed
from .marks import KNOWN, Owns, Since

__all__ = ["Encryption"]


class Encryption(Closed):
    """Encryption of the traffic between pods on different nodes.

    Write `Encryption.wireguard()` or `Encryption.ipsec()`.
    """

    type: Annotated[
        Literal["wireguard", "ipsec"],
        Since(KNOWN),
        Owns(
            "encryption.enabled encryption.type",
            fix="use encryption=Encryption.wireguard() or Encryption.ipsec()",
        ),
        Owns("encryption.ipsec.secretName", fix="use encryption=Encryption.ipsec(...)"),
    ] = Field(
        default="wireguard",
        description="'wireguard' uses UDP port 51871 between the nodes, and the nodes make their own keys. "
        "'ipsec' uses ESP and a key of yours.",
    )
    node_encryption: Annotated[
        StrictBool,
        Since(KNOWN),
        Owns("encryption.nodeEncryption", fix="use encryption=Encryption.wireguard(node_encryption=...)"),
    ] = Field(
        default=False,
        description="Encrypt what the nodes themselves send to each other too. Beta in Cilium, and only for "
        "'wireguard'.",
    )
    secret_name: str | None = Field(
        default=None,
        description="For 'ipsec': the Secret in kube-system that holds the key under 'keys'. By default "
        "'cilium-ipsec-keys'.",
    )

    @classmethod
    def wireguard(cls, *, node_encryption: bool = False) -> Self:
        """Encrypt with WireGuard; nodes make their own keys.

        Args:
            node_encryption: Encrypt what nodes send to each other too.
        """
        return cls(type="wireguard", node_encryption=node_encryption)

    @classmethod
    def ipsec(cls, secret_name: str = "cilium-ipsec-keys") -> Self:  # noqa: S107
        """Encrypt with IPsec, by a key that you put into a Secret.

        This library never takes the key itself: more people can read templates and Helm values than a
        Secret. Agents start only once the Secret is there
        (https://docs.cilium.io/en/stable/security/network/encryption-ipsec/).

        Args:
            secret_name: Name of the Secret in ``kube-system``.
        """
        return cls(type="ipsec", secret_name=secret_name)

    @field_validator("secret_name")
    @classmethod
    def _secret(cls, name: str | None) -> str | None:
        if name is not None and not is_subdomain(name):
            raise refusal(
                "must be the name of a Secret, not a key: a key in Helm values could be read in many places",
                "create the Secret in kube-system and give its name, 'cilium-ipsec-keys' for example",
                id="CEK2007",
            )
        return name

    @model_validator(mode="after")
    def _options_of_its_type(self) -> Self:
        if self.type == "ipsec" and self.node_encryption:
            raise refusal(
                "is for type 'wireguard': IPsec encrypts the traffic of pods alone",
                "leave node_encryption out, or use Encryption.wireguard(node_encryption=True)",
                id="CEK2008",
            )
        if self.type == "wireguard" and self.secret_name is not None:
            raise refusal(
                "is for type 'ipsec': with WireGuard nodes make their own keys",
                "leave secret_name out, or use Encryption.ipsec(secret_name)",
                id="CEK2009",
            )
        return self

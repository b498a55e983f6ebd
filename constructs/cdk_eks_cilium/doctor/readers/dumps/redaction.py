"""Names and account ids, replaced so that a dump can be passed on: the same name has the same stand-in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object

SYSTEM: Final = frozenset(
    {"default", "kube-system", "kube-public", "kube-node-lease", "cilium", "cilium-secrets"}
)
"""Namespaces that every cluster has or may have, and whose objects are what a dump is for."""

_WORD: Final = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_ACCOUNT: Final = re.compile(r"(?<![0-9a-f.-])\d{12}(?![0-9a-f.-])")
_EKS_REGISTRIES: Final = frozenset({"602401143452", "328549459982"})
"""Accounts of EKS's own images: https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html,
and Bottlerocket's in public parameters."""


class Redaction:
    """Replaces names of namespaces and of objects in them, apart from `SYSTEM` ones, and ids of accounts.

    The stand-ins are made with *salt*, so that nobody can try names until one fits.
    """

    def __init__(self, salt: str) -> None:
        self._salt = salt
        self._names: dict[str, str] = {}

    def learn(self, objects: Iterable[Object], kind: str) -> None:
        """Note the names of objects of a kind, and of what owns them."""
        for each in objects:
            name, namespace = at(each, "metadata.name", ""), at(each, "metadata.namespace", "")
            if kind == "Namespace":
                self._add(name, "ns")
            elif namespace and namespace not in SYSTEM:
                self._add(namespace, "ns")
                self._add(name, kind.lower())
                for owner in at(each, "metadata.ownerReferences") or ():
                    self._add(str(owner.get("name", "")), str(owner.get("kind", "owner")).lower())

    def _add(self, name: str, kind: str) -> None:
        if name and name not in SYSTEM:
            self._names.setdefault(name, f"{kind}-{self._hash(name)}")

    def _hash(self, text: str) -> str:
        return hashlib.sha256(f"{self._salt}/{text}".encode()).hexdigest()[:10]

    def name(self, name: str) -> str:
        """The stand-in of a name; an unknown name stays as it is."""
        return self._names.get(name, name)

    def of(self, value: Any) -> Any:
        """A copy of what JSON can say, with stand-ins in all texts and keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.of(each) for key, each in value.items()}
        return [self.of(each) for each in value] if isinstance(value, (list, tuple)) else value

    def text(self, text: str) -> str:
        """A text with stand-ins."""
        return _ACCOUNT.sub(self._account, _WORD.sub(self._word, text))

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        if word in self._names:
            return self._names[word]
        if "." in word:
            return ".".join(self._names.get(part, part) for part in word.split("."))
        return word

    def _account(self, match: re.Match[str]) -> str:
        if match[0] in _EKS_REGISTRIES:
            return match[0]
        return str(10**11 + int(hashlib.sha256(f"{self._salt}/{match[0]}".encode()).hexdigest(), 16) % 10**11)

    def object(self, found: Object) -> Any:
        """A copy of an object. In an object of the system names that are words stay, and accounts go."""
        if at(found, "metadata.namespace", "") in SYSTEM and "involvedObject" not in found:
            return self._accounts(found)
        return self.of(found)

    def _accounts(self, value: Any) -> Any:
        if isinstance(value, str):
            return _ACCOUNT.sub(self._account, value)
        if isinstance(value, dict):
            return {key: self._accounts(each) for key, each in value.items()}
        return [self._accounts(each) for each in value] if isinstance(value, list) else value

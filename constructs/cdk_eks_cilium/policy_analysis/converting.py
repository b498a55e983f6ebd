"""Policies of other kinds in terms that Cilium enforces, document by document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from cdk_eks_cilium.policy.documents import Document, make_each
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .admin_policies import ADMIN_KINDS, convert_admin
from .admin_policies.application import APPLICATION_KIND, convert_application
from .admin_policies.conversion import group_and_kind
from .conversion import Conversion
from .convert import convert_documents
from .kubernetes import is_network_policy

_Converter = Callable[[Document, CiliumVersion | None], Conversion[Policy]]


def _network_policy(document: Document, version: CiliumVersion | None) -> Conversion[Policy]:
    (found,) = convert_documents([document], version)
    return found


_CONVERTERS: Final[dict[tuple[str, str], _Converter]] = {
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    APPLICATION_KIND: convert_application,
    **dict.fromkeys(ADMIN_KINDS, convert_admin),
}


def is_convertible(document: Document) -> bool:
    """Whether an object is a policy of another kind that has a converter."""
    return group_and_kind(document) in _CONVERTERS or is_network_policy(document)


def convert_policies(
    documents: Iterable[Document], version: CiliumVersion | None = None
) -> list[Conversion[Policy]]:
    """Convert every policy of another kind, by default for any release, and skip other objects.

    Raises:
        InputError: For everything wrong in them, and for what has no exact counterpart in that release.
    """

    def converted(document: Document) -> Conversion[Policy]:
        return _CONVERTERS.get(group_and_kind(document), _network_policy)(document, version)

    return make_each((each for each in documents if is_convertible(each)), converted)

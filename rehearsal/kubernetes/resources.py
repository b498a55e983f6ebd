"""The resource types of the API: the built-in types, and the types of CRDs."""

# belief: K8S-discovery

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rehearsal.kubernetes.built_in import CUSTOM_VERBS, TABLE, VERBS
from rehearsal.kubernetes.model import Object


@dataclass(frozen=True)
class ResourceType:
    """One served type.

    Attributes:
        group: The API group, empty for the core one.
        version: The served version.
        kind: The kind, as in manifests.
        plural: The name in addresses.
        namespaced: Whether objects live in namespaces.
        short_names: Other names that kubectl understands.
        subresources: Served below an object, as in ``status``.
        custom: Whether a CRD defines it.
        verbs: What can be done with its objects.
        categories: Names for several types, as in ``kubectl get all``.
        singular: The name of one object; by default the kind in small letters.
        since: The first minor release of Kubernetes that serves it, 0 for all that EKS has.
        selectable: The fields of a custom type that selectors may name.
        columns: The columns of a custom type's table: title, path, and priority.
        scale: The paths of a scale: the wanted replicas, the present ones, and their selector.
        schema: The structural schema that the CRD gives it.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    custom: bool = False
    verbs: tuple[str, ...] = VERBS
    categories: tuple[str, ...] = ()
    singular: str = ""
    since: int = 0
    selectable: tuple[str, ...] = ()
    columns: tuple[tuple[str, str, int], ...] = ()
    scale: tuple[str, str, str] = ("spec.replicas", "status.replicas", "")
    schema: Object = field(default_factory=dict, compare=False, repr=False)

    @property
    def group_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version


def _parse(line: str) -> ResourceType:
    parts = [part.strip() for part in line.split("|")]
    where, what, subresources, verbs, categories, since = [*parts, "", "", "", ""][:6]
    *group, version = where.split()
    kind, plural, scope, short = what.split()
    return ResourceType(
        group=group[0] if group else "",
        version=version,
        kind=kind,
        plural=plural,
        namespaced=scope == "n",
        short_names=() if short == "-" else tuple(short.split(",")),
        subresources=tuple(filter(None, subresources.split(","))),
        verbs=tuple(verbs.split(",")) if verbs else VERBS,
        categories=tuple(filter(None, categories.split(","))),
        since=int(since or 0),
    )


BUILT_IN: tuple[ResourceType, ...] = tuple(_parse(line) for line in TABLE)


def types_of_crd(crd: Object) -> list[ResourceType]:
    """The types that a CustomResourceDefinition serves, one for each served version."""
    spec = crd["spec"]
    names = spec["names"]
    return [
        ResourceType(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            namespaced=spec["scope"] == "Namespaced",
            short_names=tuple(names.get("shortNames") or ()),
            subresources=tuple(version.get("subresources") or ()),
            custom=True,
            verbs=CUSTOM_VERBS,
            categories=tuple(names.get("categories") or ()),
            singular=names.get("singular") or "",
            selectable=tuple(each["jsonPath"][1:] for each in version.get("selectableFields") or ()),
            columns=tuple(
                (each["name"], each["jsonPath"], each.get("priority", 0))
                for each in version.get("additionalPrinterColumns") or ()
            ),
            scale=_scale_paths(version),
            schema=(version.get("schema") or {}).get("openAPIV3Schema") or {},
        )
        for version in spec["versions"]
        if version.get("served", True)
    ]


def _scale_paths(version: Object) -> tuple[str, str, str]:
    paths = (version.get("subresources") or {}).get("scale") or {}
    names = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    wanted, present, selector = (str(paths.get(name, ""))[1:] for name in names)
    return wanted, present, selector


class ResourceTypes:
    """All served types: the built-in types, and the types of the current CRDs.

    Args:
        minor: The minor release of the cluster; by default one that serves all types.
    """

    def __init__(self, minor: int = 99) -> None:
        self._built_in = tuple(each for each in BUILT_IN if each.since <= minor)
        self._at = {(t.group, t.version, t.plural): t for t in self._built_in}
        self._custom: dict[str, list[ResourceType]] = {}
        self._revisions: dict[str, str] = {}

    def __iter__(self) -> Iterator[ResourceType]:
        yield from self._built_in
        for served in list(self._custom.values()):
            yield from served

    def serve(self, crd: Object) -> None:
        """Serve the types of a CRD in place of its former types."""
        name, revision = crd["metadata"]["name"], crd["metadata"]["resourceVersion"]
        if self._revisions.get(name) != revision:
            self._custom[name], self._revisions[name] = types_of_crd(crd), revision

    def withdraw(self, crd_name: str) -> None:
        """Stop serving the types of a CRD."""
        self._custom.pop(crd_name, None)
        self._revisions.pop(crd_name, None)

    def at(self, group: str, version: str, plural: str) -> ResourceType | None:
        """The type of an address, or None."""
        wanted = (group, version, plural)
        if found := self._at.get(wanted):
            return found
        custom = (t for served in list(self._custom.values()) for t in served)
        return next((t for t in custom if (t.group, t.version, t.plural) == wanted), None)

    def of_kind(self, kind: str) -> ResourceType:
        """The first type of this kind.

        Raises:
            LookupError: No served type has this kind.
        """
        for served in self:
            if served.kind == kind:
                return served
        raise LookupError(f"no resource type serves kind {kind}")

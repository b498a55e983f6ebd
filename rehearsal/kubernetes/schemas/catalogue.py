"""Which schema a served type has."""

# belief: K8S-schemas

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.schemas.built_in import meta_schema, object_schema
from rehearsal.kubernetes.schemas.schema import Schema
from rehearsal.kubernetes.schemas.structural import custom_schema


class Schemas:
    """The schemas of a cluster.

    Args:
        version: The cluster's version, as ``1.35``.

    Attributes:
        metadata: The schema of every object's metadata.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self.metadata = meta_schema(version)
        self._custom: dict[ResourceType, tuple[Object, Schema]] = {}

    def of(self, resource: ResourceType) -> Schema:
        """The schema of a type's objects."""
        if not resource.custom:
            return object_schema(self._version, resource.group, resource.version, resource.kind)
        known = self._custom.get(resource)
        if known is None or known[0] is not resource.schema:
            known = resource.schema, custom_schema(resource.schema, self.metadata)
            self._custom[resource] = known
        return known[1]

    def scale(self) -> Schema:
        """The schema of the scale of a workload."""
        return object_schema(self._version, "autoscaling", "v1", "Scale")

"""Which rules each kind has: the format of its names, what makes it valid, and what never changes."""

# belief: K8S-names, K8S-immutable-fields

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.validation import (
    autoscaling,
    cluster,
    configuration,
    endpoints,
    formats,
    ingresses,
    jobs,
    limits,
    metadata,
    pods,
    policies,
    rbac,
    services,
    storage,
    webhooks,
    workloads,
)
from rehearsal.kubernetes.validation.fields import Errors, FieldError
from rehearsal.kubernetes.validation.formats import Format
from rehearsal.kubernetes.validation.release import Release

Check = Callable[[Object, Object | None, Release], Errors]
"""Checks an object; the second argument is the object that it replaces, None for a new one."""
Comparison = Callable[[Object, Object], Errors]


def _nothing(_body: Object, _old: Object | None, _release: Release) -> Errors:
    yield from ()


def _same(_body: Object, _old: Object) -> Errors:
    yield from ()


def _plain(check: Callable[[Object], Errors]) -> Check:
    return lambda body, old, release: check(body)


def _by_release(check: Callable[[Object, Release], Errors]) -> Check:
    return lambda body, old, release: check(body, release)


@dataclass(frozen=True)
class Rules:
    """The rules of a kind.

    Attributes:
        check: What makes it valid, besides its metadata.
        unchanged: What may not change.
        name: The format of its names.
        versioned: No update without a resource version is taken.
        loose_finalizers: Its finalizers need no domain.
    """

    check: Check = _nothing
    unchanged: Comparison = _same
    name: Format = formats.subdomain
    versioned: bool = False
    loose_finalizers: bool = False


_APPS: Final = "apps"
_RBAC: Final = "rbac.authorization.k8s.io"
_NETWORKING: Final = "networking.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"

_RULES: Final[dict[tuple[str, str], Rules]] = {
    ("", "ConfigMap"): Rules(_plain(configuration.config_map), configuration.config_map_unchanged),
    ("", "Secret"): Rules(_plain(configuration.secret), configuration.secret_unchanged),
    ("", "Service"): Rules(services.service, services.service_unchanged),
    ("", "Endpoints"): Rules(_by_release(endpoints.endpoints)),
    ("", "Namespace"): Rules(_plain(cluster.namespace), name=formats.label),
    ("", "Node"): Rules(_by_release(cluster.node), cluster.node_unchanged),
    ("", "ReplicationController"): Rules(_by_release(workloads.replication_controller)),
    ("", "ResourceQuota"): Rules(_plain(limits.quota), limits.quota_unchanged),
    ("", "LimitRange"): Rules(_plain(limits.limit_range)),
    ("", "PersistentVolumeClaim"): Rules(_plain(storage.claim), storage.claim_unchanged),
    ("", "PersistentVolume"): Rules(_plain(storage.volume)),
    (_APPS, "Deployment"): Rules(_by_release(workloads.deployment), workloads.selector_unchanged),
    (_APPS, "ReplicaSet"): Rules(_by_release(workloads.replica_set), workloads.selector_unchanged),
    (_APPS, "DaemonSet"): Rules(_by_release(workloads.daemon_set), workloads.selector_unchanged),
    (_APPS, "StatefulSet"): Rules(
        lambda body, old, release: workloads.stateful_set(body, release, new=old is None),
        workloads.stateful_set_unchanged,
        name=formats.label,
    ),
    ("batch", "Job"): Rules(jobs.job),
    ("batch", "CronJob"): Rules(lambda body, old, release: jobs.cron_job(body, release, new=old is None)),
    (_RBAC, "Role"): Rules(_plain(rbac.role), name=formats.path_segment, loose_finalizers=True),
    (_RBAC, "ClusterRole"): Rules(
        _plain(rbac.cluster_role), name=formats.path_segment, loose_finalizers=True
    ),
    (_RBAC, "RoleBinding"): Rules(
        _plain(rbac.role_binding),
        rbac.binding_unchanged,
        name=formats.path_segment,
        loose_finalizers=True,
    ),
    (_RBAC, "ClusterRoleBinding"): Rules(
        _plain(rbac.cluster_role_binding),
        rbac.binding_unchanged,
        name=formats.path_segment,
        loose_finalizers=True,
    ),
    ("policy", "PodDisruptionBudget"): Rules(_plain(policies.disruption_budget), versioned=True),
    (_NETWORKING, "NetworkPolicy"): Rules(policies.network_policy),
    (_NETWORKING, "Ingress"): Rules(
        lambda body, old, release: ingresses.ingress(body, release, new=old is None)
    ),
    (_NETWORKING, "IngressClass"): Rules(_plain(ingresses.ingress_class), ingresses.ingress_class_unchanged),
    ("autoscaling", "HorizontalPodAutoscaler"): Rules(
        lambda body, old, release: autoscaling.autoscaler(body, old)
    ),
    ("discovery.k8s.io", "EndpointSlice"): Rules(
        _by_release(endpoints.endpoint_slice), endpoints.endpoint_slice_unchanged
    ),
    ("storage.k8s.io", "StorageClass"): Rules(_plain(storage.storage_class), storage.storage_class_unchanged),
    ("coordination.k8s.io", "Lease"): Rules(_plain(cluster.lease), versioned=True, loose_finalizers=True),
    ("scheduling.k8s.io", "PriorityClass"): Rules(
        _plain(cluster.priority_class), cluster.priority_class_unchanged
    ),
    (_ADMISSION, "ValidatingWebhookConfiguration"): Rules(
        lambda body, old, release: webhooks.configuration(body, mutating=False),
        versioned=True,
        loose_finalizers=True,
    ),
    (_ADMISSION, "MutatingWebhookConfiguration"): Rules(
        lambda body, old, release: webhooks.configuration(body, mutating=True),
        versioned=True,
        loose_finalizers=True,
    ),
    (_ADMISSION, "ValidatingAdmissionPolicy"): Rules(
        _plain(webhooks.admission_policy), versioned=True, loose_finalizers=True
    ),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): Rules(
        _plain(webhooks.admission_policy_binding), versioned=True, loose_finalizers=True
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rules(versioned=True, loose_finalizers=True),
    ("apiregistration.k8s.io", "APIService"): Rules(name=formats.path_segment, versioned=True),
}


def needs_version(resource: ResourceType) -> bool:
    """Whether an update of this type must name the resource version that it is based on."""
    return resource.custom or _rules(resource).versioned


def _rules(resource: ResourceType) -> Rules:
    if resource.custom:
        return Rules(loose_finalizers=True)
    return _RULES.get((resource.group, resource.kind), Rules())


def field_errors(
    resource: ResourceType, body: Object, old: Object | None, release: Release
) -> list[FieldError]:
    """What is wrong with a new object, or with one that replaces ``old``; in the server's order."""
    if (resource.group, resource.kind) == ("", "Pod"):
        return list(pods.created(body, release) if old is None else pods.updated(body, old, release))
    rules, name = _rules(resource), _rules(resource).name
    if resource.kind == "Service" and not resource.custom:
        name = formats.label if release.relaxed_services else formats.service_label
    if old is None:
        errors = metadata.created(body, name, loose=rules.loose_finalizers)
        return [*errors, *rules.check(body, None, release)]
    errors = metadata.updated(body, old, loose=rules.loose_finalizers)
    return [*errors, *rules.check(body, old, release), *rules.unchanged(body, old)]

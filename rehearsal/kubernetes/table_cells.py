"""The cells of tables that are more than one field, as Kubernetes' printers write them."""

# belief: K8S-tables

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.scales import selector_text

_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def member(found: Any, path: str) -> Any:
    """The field at a dotted path, or None."""
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def age(found: Object) -> str:
    """How long ago an object was made."""
    return _since(member(found, "metadata.creationTimestamp"))


def _since(time: str | None, until: str | None = None) -> str:
    if not time:
        return "<unknown>"
    end = _read(until) if until else datetime.datetime.now(datetime.UTC)
    return _short((end - _read(time)).total_seconds())


def _read(time: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))


def _short(seconds: float) -> str:
    """A duration in the units that people read: two of them while they are small."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y"


def _joined(texts: Iterable[Any]) -> str:
    return ",".join(str(text) for text in texts) or "<none>"


def _data(found: Object) -> int:
    return len(found.get("data") or ()) + len(found.get("binaryData") or ())


def _containers_of(found: Object, path: str = "spec.template.spec.containers") -> list[Object]:
    return list(member(found, path) or ())


def _pod_status(found: Object) -> str:
    if member(found, "metadata.deletionTimestamp"):
        return "Terminating"
    return str(member(found, "status.reason") or member(found, "status.phase") or "Unknown")


def _pod_ready(found: Object) -> str:
    statuses = member(found, "status.containerStatuses") or ()
    ready = sum(bool(each.get("ready")) for each in statuses)
    return f"{ready}/{len(_containers_of(found, 'spec.containers'))}"


def _node_status(found: Object) -> str:
    conditions = {each["type"]: each["status"] for each in member(found, "status.conditions") or ()}
    status = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    return f"{status},SchedulingDisabled" if member(found, "spec.unschedulable") else status


def _roles(found: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = member(found, "metadata.labels") or {}
    return _joined(sorted(each.removeprefix(prefix) for each in labels if each.startswith(prefix)))


def _ports(found: Object) -> str:
    pieces = []
    for port in member(found, "spec.ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        pieces.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return _joined(pieces)


def _external_ip(found: Object) -> str:
    spec = found["spec"]
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName"))
    if spec.get("type") == "LoadBalancer":
        entries = member(found, "status.loadBalancer.ingress") or ()
        return _joined(each.get("ip") or each.get("hostname") for each in entries).replace(
            "<none>", "<pending>"
        )
    return _joined(spec.get("externalIPs") or ())


def _quota(found: Object, *, limits: bool) -> str:
    hard, used = member(found, "status.hard") or {}, member(found, "status.used") or {}
    names = sorted(name for name in hard if name.startswith("limits") is limits)
    return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)


def _subjects(kind: str) -> Callable[[Object], str]:
    def cell(found: Object) -> str:
        subjects = [each for each in found.get("subjects") or () if each.get("kind") == kind]
        if kind == "ServiceAccount":
            return ", ".join(f"{each.get('namespace', '')}/{each['name']}" for each in subjects)
        return ", ".join(each["name"] for each in subjects)

    return cell


def _job_status(found: Object) -> str:
    conditions = {each["type"]: each["status"] for each in member(found, "status.conditions") or ()}
    for kind, word in (
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if conditions.get(kind) == "True":
            return word
    return "Terminating" if member(found, "metadata.deletionTimestamp") else "Running"


def _completions(found: Object) -> str:
    wanted, done = member(found, "spec.completions"), member(found, "status.succeeded") or 0
    if wanted is not None:
        return f"{done}/{wanted}"
    parallel = member(found, "spec.parallelism") or 0
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _duration(found: Object) -> str:
    begin, end = member(found, "status.startTime"), member(found, "status.completionTime")
    return _since(begin, end) if begin else ""


def _hosts(found: Object) -> str:
    hosts = [each["host"] for each in member(found, "spec.rules") or () if each.get("host")]
    return ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "") or "*"


def _either(path: str) -> Callable[[Object], str]:
    return lambda found: "N/A" if member(found, path) is None else str(member(found, path))


def _constant(text: str) -> Callable[[Object], str]:
    return lambda found: text


#: The cells by the names that the columns use.
CELLS: Final[dict[str, Callable[[Object], Any]]] = {
    "about": lambda o: f"{str(member(o, 'involvedObject.kind')).lower()}/{member(o, 'involvedObject.name')}",
    "accounts": _subjects("ServiceAccount"),
    "active": lambda o: len(member(o, "status.active") or ()),
    "addresses": lambda o: _joined(
        f"{address['ip']}:{port['port']}"
        for subset in o.get("subsets") or ()
        for address in subset.get("addresses") or ()
        for port in subset.get("ports") or ()
    ),
    "age": age,
    "api_service": lambda o: (
        "Local"
        if not member(o, "spec.service")
        else f"{member(o, 'spec.service.namespace')}/{member(o, 'spec.service.name')}"
    ),
    "available": lambda o: "True" if not member(o, "spec.service") else "Unknown",
    "claim": lambda o: (
        f"{member(o, 'spec.claimRef.namespace')}/{member(o, 'spec.claimRef.name')}"
        if member(o, "spec.claimRef")
        else ""
    ),
    "cluster_ip": lambda o: member(o, "spec.clusterIP") or "<none>",
    "completions": _completions,
    "containers": lambda o: ",".join(each["name"] for each in _containers_of(o)),
    "controller": lambda o: next(
        (
            f"{each['kind'].lower()}.{each['apiVersion'].partition('/')[0]}/{each['name']}"
            for each in member(o, "metadata.ownerReferences") or ()
            if each.get("controller")
        ),
        "<none>",
    ),
    "csr": lambda o: _joined(each["type"] for each in member(o, "status.conditions") or ()).replace(
        "<none>", "Pending"
    ),
    "data": _data,
    "duration": _duration,
    "expands": lambda o: str(bool(o.get("allowVolumeExpansion"))).lower(),
    "external_ip": _external_ip,
    "first_seen": lambda o: _since(o.get("firstTimestamp") or o.get("eventTime")),
    "global_default": lambda o: bool(o.get("globalDefault")),
    "groups": _subjects("Group"),
    "hosts": _hosts,
    "images": lambda o: ",".join(each.get("image", "") for each in _containers_of(o)),
    "ingress_address": lambda o: ",".join(
        each.get("ip") or each.get("hostname") or ""
        for each in member(o, "status.loadBalancer.ingress") or ()
    ),
    "ingress_ports": lambda o: "80, 443" if member(o, "spec.tls") else "80",
    "job_containers": lambda o: ",".join(
        each["name"] for each in _containers_of(o, "spec.jobTemplate.spec.template.spec.containers")
    ),
    "job_images": lambda o: ",".join(
        each.get("image", "") for each in _containers_of(o, "spec.jobTemplate.spec.template.spec.containers")
    ),
    "job_status": _job_status,
    "last_schedule": lambda o: (
        _since(member(o, "status.lastScheduleTime")) if member(o, "status.lastScheduleTime") else "<none>"
    ),
    "last_seen": lambda o: _since(o.get("lastTimestamp") or o.get("eventTime")),
    "limits": lambda o: _quota(o, limits=True),
    "max_unavailable": _either("spec.maxUnavailable"),
    "min_available": _either("spec.minAvailable"),
    "modes": lambda o: ",".join(_MODES.get(each, each) for each in member(o, "spec.accessModes") or ()),
    "node": lambda o: member(o, "spec.nodeName") or "<none>",
    "node_selector": lambda o: _joined(
        f"{key}={value}"
        for key, value in sorted((member(o, "spec.template.spec.nodeSelector") or {}).items())
    ),
    "node_status": _node_status,
    "none": _constant("<none>"),
    "plain_selector": lambda o: _joined(
        f"{key}={value}" for key, value in sorted((member(o, "spec.selector") or {}).items())
    ),
    "pod_ready": _pod_ready,
    "pod_selector": lambda o: selector_text(member(o, "spec.podSelector") or {}) or "<none>",
    "pod_status": _pod_status,
    "ports": _ports,
    "ready_of_wanted": lambda o: (
        f"{member(o, 'status.readyReplicas') or 0}/{member(o, 'spec.replicas') or 0}"
    ),
    "requests": lambda o: _quota(o, limits=False),
    "restarts": lambda o: sum(
        each.get("restartCount", 0) for each in member(o, "status.containerStatuses") or ()
    ),
    "role": lambda o: f"{member(o, 'roleRef.kind')}/{member(o, 'roleRef.name')}",
    "roles": _roles,
    "scale_target": lambda o: (
        f"{member(o, 'spec.scaleTargetRef.kind')}/{member(o, 'spec.scaleTargetRef.name')}"
    ),
    "selector": lambda o: selector_text(member(o, "spec.selector") or {}) or "<none>",
    "slice_endpoints": lambda o: _joined(
        address for each in o.get("endpoints") or () for address in each.get("addresses") or ()
    ).replace("<none>", "<unset>"),
    "slice_ports": lambda o: _joined(each.get("port") for each in o.get("ports") or ()).replace(
        "<none>", "<unset>"
    ),
    "source": lambda o: ", ".join(filter(None, (member(o, "source.component"), member(o, "source.host")))),
    "suspend": lambda o: "True" if member(o, "spec.suspend") else "False",
    "targets": lambda o: "<unknown>" if member(o, "spec.metrics") else "<none>",
    "unknown": _constant("<unknown>"),
    "unset": _constant("<unset>"),
    "users": _subjects("User"),
    "webhooks": lambda o: len(o.get("webhooks") or ()),
}

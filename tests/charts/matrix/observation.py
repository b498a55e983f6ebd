"""Hubble, its certificates, and the metrics of Cilium's own parts."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.values import Envoy, FlowExport, Hubble, HubbleTls, Issuer, Prometheus, Toleration
from tests.charts.matrix.case import AGENT, AGENT_POD, ENVOY, MAINTAINED, OPERATOR, OPERATOR_POD, Case

POOL = Toleration(key="pool", operator="Equal", value="infra", effect="NoSchedule")
ANY_OF_TEAM = Toleration(key="team")
TOLERATED = [
    {"key": "pool", "operator": "Equal", "value": "infra", "effect": "NoSchedule"},
    {"key": "team", "operator": "Exists"},
]
UI = frozenset({"Deployment/hubble-ui", "Service/hubble-ui"})
RELAY = frozenset({"Deployment/hubble-relay", "Service/hubble-relay"})
SECRETS = frozenset({"Secret/cilium-ca", "Secret/hubble-server-certs", "Secret/hubble-relay-client-certs"})
CERTIFICATES = ("Certificate/hubble-server-certs", "Certificate/hubble-relay-client-certs")
CERTGEN = (
    "CronJob/hubble-generate-certs:spec.jobTemplate.spec.template.spec.containers[certgen]"
    ".env[CILIUM_CERTGEN_CONFIG].value"
)
BY_HELM = {"hubble": Hubble(tls=HubbleTls(method="helm"))}
BY_CERT_MANAGER = {
    "hubble": Hubble(
        tls=HubbleTls(method="certmanager", validity_days=30, issuer=Issuer(name="ca", kind="Issuer"))
    ),
    "existing_crds": ("cert-manager.io",),
}
ISSUED = {
    f"{certificate}:spec.{name}": value
    for certificate in CERTIFICATES
    for name, value in (
        ("duration", "720h0m0s"),
        ("issuerRef", {"group": "cert-manager.io", "kind": "Issuer", "name": "ca"}),
    )
}


def port(number: int, name: str) -> dict[str, Any]:
    """A port that is open on the node."""
    return {"name": name, "containerPort": number, "hostPort": number, "protocol": "TCP"}


def scraped(number: int) -> dict[str, str]:
    return {"prometheus.io/port": str(number), "prometheus.io/scrape": "true"}


HUBBLE = [
    Case("without the UI", {"hubble": Hubble(ui=False)}, vanish=UI),
    Case("without the relay", {"hubble": Hubble(relay=False, ui=False)}, vanish=UI | RELAY),
    Case(
        "Hubble counts, with options",
        {"hubble": Hubble(metrics=("dns:query;ignoreAAAA", "drop"))},
        config={"hubble-metrics": "dns:query;ignoreAAAA drop", "hubble-metrics-server": ":9965"},
        fields={
            f"{AGENT}.ports[hubble-metrics]": port(9965, "hubble-metrics"),
            "Service/hubble-metrics:metadata.annotations": scraped(9965),
        },
        appear=frozenset({"Service/hubble-metrics"}),
        since=MAINTAINED,
    ),
    Case(
        "flows go to a file",
        {
            "hubble": Hubble(
                export=FlowExport(
                    file_path="/var/run/cilium/hubble/mine.log",
                    max_size_mb=20,
                    max_backups=0,
                    compress=True,
                    field_mask=("time", "verdict"),
                    allow=('{"verdict":["DROPPED"]}',),
                    deny=('{"source_pod":["kube-system/"]}', '{"source_pod":["web/"]}'),
                )
            )
        },
        config={
            "hubble-export-file-path": "/var/run/cilium/hubble/mine.log",
            "hubble-export-file-max-size-mb": "20",
            "hubble-export-file-max-backups": "0",
            "hubble-export-file-compress": "true",
            "hubble-export-fieldmask": "time verdict",
            "hubble-export-allowlist": '{"verdict":["DROPPED"]}',
            "hubble-export-denylist": '{"source_pod":["kube-system/"]} {"source_pod":["web/"]}',
        },
        since=MAINTAINED,
    ),
    Case(
        "relay and UI tolerate taints",
        {"hubble": Hubble(tolerations=(POOL, ANY_OF_TEAM))},
        fields={
            f"Deployment/{name}:spec.template.spec.tolerations": TOLERATED
            for name in ("hubble-relay", "hubble-ui")
        },
        since=MAINTAINED,
    ),
    Case(
        "a job makes the certificates, and renews them",
        {"hubble": Hubble(tls=HubbleTls(method="cronJob", validity_days=200))},
        appear=frozenset({"CronJob/hubble-generate-certs"}),
        vanish=SECRETS,
        before="1.14",
    ),
    Case(
        "Helm makes the certificates, and no job",
        BY_HELM,
        appear=SECRETS,
        vanish=frozenset({"CronJob/hubble-generate-certs"}),
        since="1.19",
    ),
    Case(
        "cert-manager makes the certificates, and not Helm",
        BY_CERT_MANAGER,
        fields=ISSUED,
        appear=frozenset(CERTIFICATES),
        vanish=SECRETS,
        since=MAINTAINED,
        before="1.19",
    ),
    Case(
        "cert-manager makes the certificates, and no job",
        BY_CERT_MANAGER,
        fields=ISSUED,
        appear=frozenset(CERTIFICATES),
        vanish=frozenset({"CronJob/hubble-generate-certs"}),
        since="1.19",
    ),
]

METRICS = [
    Case(
        "agents serve metrics",
        {"prometheus": Prometheus(agent=True)},
        config={"prometheus-serve-addr": ":9962"},
        fields={
            f"{AGENT}.ports[prometheus]": port(9962, "prometheus"),
            f"{AGENT_POD}.metadata.annotations[prometheus.io/port]": "9962",
            f"{AGENT_POD}.metadata.annotations[prometheus.io/scrape]": "true",
        },
        since=MAINTAINED,
    ),
    Case(
        "the operator serves no metrics",
        {"prometheus": Prometheus(operator=False)},
        config={"operator-prometheus-serve-addr": None, "enable-metrics": None},
        fields={
            f"{OPERATOR}.ports[prometheus]": None,
            f"{OPERATOR_POD}.metadata.annotations[prometheus.io/scrape]": None,
        },
        since=MAINTAINED,
    ),
    Case(
        "Envoy serves no metrics",
        {"prometheus": Prometheus(envoy=False)},
        fields={f"{ENVOY}.ports[envoy-metrics]": None},
        vanish=frozenset({"Service/cilium-envoy"}),
        since=MAINTAINED,
    ),
    Case(
        "Envoy serves no metrics inside the agents either",
        {"prometheus": Prometheus(envoy=False)},
        beside={"envoy": Envoy(daemon_set=False)},
        config={"proxy-prometheus-port": None},
        since=MAINTAINED,
    ),
]

CASES = HUBBLE + METRICS

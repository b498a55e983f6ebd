"""Observation of flows."""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, field_validator, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.versions import behaviour

from .addresses import Count, Positive
from .closed import Closed, ShortForm, each
from .marks import KNOWN, Chart, Owns, Since, section_if_on
from .pods import Toleration, manifests

__all__ = ["CERTIFICATE_DAYS", "FlowExport", "Hubble", "HubbleTls", "Issuer"]

#: The collectors of ``pkg/hubble/metrics`` (https://docs.cilium.io/en/stable/observability/metrics/#hubble-exported-metrics).
METRICS: Final = (
    "dns",
    "drop",
    "flow",
    "flows-to-world",
    "http",
    "httpV2",
    "icmp",
    "kafka",
    "policy",
    "port-distribution",
    "sctp",
    "tcp",
)

CERTIFICATE_DAYS: Final = 365


def metric_name(metric: str) -> str:
    """The collector's name: ``dns`` of ``dns:query;ignoreAAAA``."""
    return metric.partition(":")[0]


def _known(metric: str) -> None:
    name = metric_name(metric)
    if name not in METRICS:
        raise refusal(
            f"{name!r} is not a collector of Hubble, and agents do not start with an unknown collector",
            f"choose among {', '.join(METRICS)}, with options as in 'dns:query;ignoreAAAA'",
            id="CEK2010",
        )


def _once(metrics: tuple[str, ...]) -> tuple[str, ...]:
    names = [metric_name(metric) for metric in metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refusal(
            f"{twice[0]!r} is named twice, and a collector runs once",
            "put its options into one entry, as in 'dns:query;ignoreAAAA'",
            id="CEK2011",
        )
    if {"http", "httpV2"} <= set(names):
        raise refusal(
            "'http' and 'httpV2' export the same metrics, and Cilium allows one of them",
            "leave 'http' out",
            id="CEK2012",
        )
    return metrics


def _filter(text: str) -> None:
    try:
        is_object = isinstance(json.loads(text), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise refusal(
            f"{text!r} is not a filter of flows, which is a JSON object",
            """write it as '{"source_pod":["kube-system/"]}'""",
            id="CEK2013",
        )


Filters = Annotated[tuple[str, ...], AfterValidator(each(_filter))]


class FlowExport(Closed):
    """Flows that each agent writes to a file on its node, for a log collector to read."""

    file_path: Annotated[str, Chart("hubble.export.static.filePath", owned=False)] = Field(
        default="/var/run/cilium/hubble/events.log",
        description="The file, on the agent's own mount below /var/run/cilium.",
    )
    max_size_mb: Annotated[Positive, Chart("hubble.export.static.fileMaxSizeMb", owned=False)] = Field(
        default=10, description="Megabytes after which the agent begins a new file."
    )
    max_backups: Annotated[Count, Chart("hubble.export.static.fileMaxBackups", owned=False)] = Field(
        default=5, description="Number of old files to keep."
    )
    compress: Annotated[StrictBool, Chart("hubble.export.static.fileCompress", owned=False)] = Field(
        default=False, description="Compress old files."
    )
    field_mask: Annotated[tuple[str, ...], Chart("hubble.export.static.fieldMask", owned=False)] = Field(
        default=(), description="Fields of a flow to write, such as 'source.namespace'. All if empty."
    )
    allow: Annotated[Filters, Chart("hubble.export.static.allowList", owned=False)] = Field(
        default=(), description="Filters, each a JSON text. A flow is written if one fits. All if empty."
    )
    deny: Annotated[Filters, Chart("hubble.export.static.denyList", owned=False)] = Field(
        default=(), description="Filters, each a JSON text. A flow is not written if one fits."
    )

    @field_validator("file_path")
    @classmethod
    def _mounted(cls, path: str) -> str:
        if not path.startswith("/var/run/cilium/") or ".." in path or path.endswith("/"):
            raise refusal(
                "must be a file below /var/run/cilium/: the agent cannot write to other folders of the node, "
                "and a log collector would find nothing",
                "use '/var/run/cilium/hubble/events.log'",
                id="CEK2014",
            )
        return path


class Issuer(Closed):
    """An issuer of cert-manager."""

    name: str = Field(description="Its name.")
    kind: Literal["Issuer", "ClusterIssuer"] = Field(
        default="ClusterIssuer", description="Its kind. An Issuer must be in kube-system."
    )


class HubbleTls(Closed):
    """The certificates between Hubble's relay and the agents.

    To change from ``cronJob`` back to ``helm`` on a running cluster, delete the Secrets first: Helm does
    not take over Secrets that it did not make.
    """

    method: Annotated[
        Literal["cronJob", "helm", "certmanager"] | None,
        Owns("hubble.tls.auto.method", fix="use hubble=Hubble(tls=...)"),
    ] = Field(
        default=None,
        description="Who makes the certificates. 'cronJob': a job in the cluster, which also renews them. "
        "'helm': Helm, at each deployment. 'certmanager': cert-manager, which must be in the cluster "
        f"beforehand. By default 'cronJob' from Cilium {behaviour.chart.CERTIFICATES_BY_JOB.since}, 'helm' "
        "below.",
    )
    issuer: Annotated[Issuer | None, Since(KNOWN)] = Field(
        default=None, description="For 'certmanager': the issuer that signs."
    )
    validity_days: Annotated[Positive, Owns("hubble.tls.auto.certValidityDuration")] = Field(
        default=CERTIFICATE_DAYS, description="Days that a certificate is valid."
    )

    @model_validator(mode="after")
    def _issuer_of_cert_manager(self) -> Self:
        if (self.method == "certmanager") != (self.issuer is not None):
            raise refusal(
                "method 'certmanager' and an issuer belong together",
                "give both, or neither",
                id="CEK2015",
            )
        return self


class Hubble(Closed):
    """What of Hubble runs in the cluster. Agents observe flows in any case (chart section ``hubble``)."""

    relay: Annotated[StrictBool, Chart("hubble.relay.enabled", always=True)] = Field(
        default=True, description="Answer the Hubble CLI for the whole cluster."
    )
    ui: Annotated[StrictBool, Chart("hubble.ui.enabled", always=True)] = Field(
        default=True, description="Show the service map in a browser. Needs the relay."
    )
    metrics: Annotated[
        tuple[str, ...],
        AfterValidator(each(_known)),
        AfterValidator(_once),
        Since(KNOWN),
        Chart("hubble.metrics.enabled"),
    ] = Field(
        default=(),
        description="Collectors whose metrics each agent serves on port 9965, with their options: 'drop', "
        "'dns:query;ignoreAAAA'.",
    )
    export: Annotated[
        FlowExport | None,
        Since(KNOWN),
        Chart("hubble.export.static.enabled", to=bool, back=section_if_on),
    ] = Field(default=None, description="Write flows to a file on each node.")
    tls: Annotated[HubbleTls, ShortForm("method")] = Field(
        default_factory=HubbleTls, description="The certificates between relay and agents."
    )
    tolerations: Annotated[
        tuple[Toleration, ...],
        Since(KNOWN),
        Chart("hubble.relay.tolerations hubble.ui.tolerations", to=manifests, owned=False),
    ] = Field(
        default=(), description="Taints that relay and UI tolerate, for clusters where every node has one."
    )

    @model_validator(mode="after")
    def _ui_needs_relay(self) -> Self:
        if self.ui and not self.relay:
            raise refusal(
                "the Hubble UI reads from the relay, and Cilium's chart refuses one without the other",
                "set relay to true, or ui to false",
                id="CEK2016",
            )
        return self

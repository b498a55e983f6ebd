"""Which values the chart takes, and what it does with them."""

from __future__ import annotations

from typing import Final

from .behaviour import Behaviour

ARTICLE_VALUES: Final = Behaviour(
    "The chart takes the values of the article as the article means them.",
    source="renders of the article's values with every chart; tests/charts/test_from_the_article.py",
    until="1.13",
)
ROUTING_MODE: Final = Behaviour(
    "The chart takes routingMode; older charts take tunnel.",
    source="chart: routingMode",
    since="1.14",
)
CONFIG_MAP_ALONE: Final = Behaviour(
    "The chart takes a CNI ConfigMap without customConf, and then moves CNI files of others out of the way.",
    source="renders of cni.configMap with every chart; tests/charts/matrix",
    since="1.14",
)
KUBE_PROXY_REPLACEMENT_IS_A_SWITCH: Final = Behaviour(
    "The chart takes true for kubeProxyReplacement; older charts take 'strict'.",
    source="https://docs.cilium.io/en/v1.14/operations/upgrade/; renders with every chart",
    since="1.14",
)
ENVOY_ROLL_OUT: Final = Behaviour(
    "The chart has a switch that restarts Envoy's pods when their configuration changes.",
    source="chart: envoy.rollOutPods",
    since="1.14",
)
# belief: HELM-waits-for-hooks
CERTIFICATE_JOB_IS_A_HOOK: Final = Behaviour(
    "The job that makes Hubble's certificates is a hook of the release, and Helm waits for it.",
    source="renders of hubble.tls.auto.method=cronJob with every chart; tests/charts/test_certificates.py",
    since="1.14",
    until="1.19",
)
ENVOY_IN_OWN_PODS: Final = Behaviour(
    "The chart runs Envoy in pods of its own unless the values keep it within the agents.",
    source="envoy.enabled in templates/_helpers.tpl of the charts",
    since="1.16",
)
SCHEMA: Final = Behaviour(
    "The chart carries a schema, which Helm holds values against.",
    source="values.schema.json, which charts before 1.16.0 lack",
    since="1.16",
)
MASQUERADE_OFF_IN_ENI_MODE: Final = Behaviour(
    "The chart turns masquerading off in ENI mode unless the values turn it on.",
    source="https://github.com/cilium/cilium/pull/38663",
    since="1.18",
)
KNOWN_VALUES: Final = Behaviour(
    "The library knows every typed value of the chart; of older charts it knows the base alone.",
    source="the charts that tests/charts/matrix renders; older charts reached their end of life before",
    since="1.18",
)
KNOWN_IMAGES: Final = Behaviour(
    "The library knows every image of the chart.",
    source="the charts that tests/unit/values/rendering/test_images.py reads; older ones are out of support",
    since="1.18",
)
NODE_SPEC: Final = Behaviour(
    "The chart takes pod subnets and first interface as values; older charts need the CNI ConfigMap.",
    source="https://github.com/cilium/cilium/pull/43086",
    since="1.19",
)
ENI_IMPLIES_ROUTING: Final = Behaviour(
    "The chart takes native routing and ENI addresses from eni.enabled alone.",
    source="renders of eni.enabled with every chart; tests/charts/matrix",
    since="1.19",
)
CERTIFICATES_BY_JOB: Final = Behaviour(
    "A job in the cluster renews Hubble's certificates unless the values choose another way.",
    source="the library's choice: the first chart after CERTIFICATE_JOB_IS_A_HOOK ended",
    since="1.19",
)
DNS_PROXY_ROLL_OUT: Final = Behaviour(
    "The chart has a switch that restarts the standalone DNS proxy when its configuration changes.",
    source="chart: standaloneDnsProxy.rollOutPods",
    since="1.19",
)
ZTUNNEL: Final = Behaviour(
    "The chart has an image of ztunnel.",
    source="chart: encryption.ztunnel.image.repository",
    since="1.19.2",
)
ZTUNNEL_OF_CILIUM: Final = Behaviour(
    "The image of ztunnel is Cilium's own; before it was Istio's.",
    source="the default of encryption.ztunnel.image.repository in chart_keys.tsv",
    since="1.20",
)

"""How long Hubble's certificates last, and who renews them."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography import x509

from cdk_eks_cilium.values import CiliumValues, Hubble, HubbleTls
from tests.charts.matrix.observation import CERTGEN
from tests.charts.versions import Render, charts_or_skip, every_version, values_for

charts_or_skip()


def lifetime(secret: dict[str, str]) -> timedelta:
    certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["tls.crt"]))
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc


@pytest.mark.parametrize("days", [365, 200])
@every_version
def test_certificates_of_helm_last_as_long_as_asked(number: str, days: int, render: Render) -> None:
    tls = HubbleTls(method="helm", validity_days=days)
    rendered = render(number, values_for(number, CiliumValues(hubble=Hubble(tls=tls))))
    for name in ("hubble-server-certs", "hubble-relay-client-certs"):
        assert lifetime(rendered.find("Secret", name)["data"]) == timedelta(days=days)


@pytest.mark.parametrize("number", ["1.19.6", "1.20.0"])
def test_certificates_of_the_job_last_as_long_as_asked(number: str, render: Render) -> None:
    for days, hours in ((365, 8760), (200, 4800)):
        tls = HubbleTls(validity_days=days)
        config = render(number, values_for(number, CiliumValues(hubble=Hubble(tls=tls)))).at(CERTGEN)
        assert config.count(f"validity: {hours}h\n") == config.count("validity:") == 2

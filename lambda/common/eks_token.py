"""The bearer token that EKS takes: a presigned GetCallerIdentity request to STS, in base64.

EKS sends the presigned request to STS to learn who asks, so making the token needs neither the
network nor an IAM permission. ``aws eks get-token`` makes the same form; see
https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
"""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session
from errors import PermanentError

# belief: EKS-token

#: Seconds until the presigned request expires. Every call makes a new one.
EXPIRES: Final = 60

REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)

_PREFIX: Final = "k8s-aws-v1."
# The longest prefix decides; botocore's partitions.json holds the same and costs a file read.
_DNS_SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}


def find_credentials() -> Any:
    """The credentials of the function's role (botocore ``Credentials``).

    Raises:
        PermanentError: If they are missing.
    """
    credentials = get_session().get_credentials()
    if credentials is None:
        raise PermanentError(
            "credentials: must come from the function's role, and are missing; run the function in Lambda"
        )
    return credentials


def sts_host(region: str) -> str:
    """The regional STS endpoint's host name, in the region's own partition."""
    suffix = next((s for prefix, s in _DNS_SUFFIXES.items() if region.startswith(prefix)), "amazonaws.com")
    return f"sts.{region}.{suffix}"


def make_token(cluster_name: str, region: str, credentials: Any) -> str:
    """A fresh bearer token, which no other cluster accepts: the name is part of what is signed."""
    url = f"https://{sts_host(region)}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": cluster_name})
    SigV4QueryAuth(credentials.get_frozen_credentials(), "sts", region, expires=EXPIRES).add_auth(request)
    signed = base64.urlsafe_b64encode(str(request.url).encode()).decode()
    return _PREFIX + signed.rstrip("=")

"""Whether an EKS cluster still exists, asked only when its API server does not answer."""

from __future__ import annotations

from aws_client import make_client


def is_gone(name: str, region: str) -> bool:
    """Whether EKS does not know the cluster, or is deleting it; False if EKS does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = make_client("eks", region, connect=2, read=3)
    try:
        return bool(client.describe_cluster(name=name)["cluster"]["status"] == "DELETING")
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code")) == "ResourceNotFoundException"
    except BotoCoreError:
        return False

"""Whether an EKS cluster is still there, asked only when its API server does not answer."""

from __future__ import annotations

import logging


def is_gone(name: str, region: str) -> bool:
    """Whether EKS knows no such cluster any more, or is deleting it; False where EKS does not say."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import get_session

    # At DEBUG botocore writes the requests it sends, session token included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    config = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1})
    client = get_session().create_client("eks", region_name=region, config=config)
    try:
        return bool(client.describe_cluster(name=name)["cluster"]["status"] == "DELETING")
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code")) == "ResourceNotFoundException"
    except BotoCoreError:
        return False

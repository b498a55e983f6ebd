"""Whether CloudFormation is taking an update back: its event is that of any other change."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from api_server import redact

#: In the status of a stack while it goes back to its former state.
_BACK: Final = "ROLLBACK"

log = logging.getLogger("aws_node_removal")


def is_rolling_back(stack_id: str, region: str) -> bool | str:
    """Whether the stack goes back to its former state.

    Args:
        stack_id: The stack's ARN, as in the event.
        region: The stack's region.

    Returns:
        True or False as CloudFormation says; in words why that is not known, if it does not say.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        (stack,) = _client(region).describe_stacks(StackName=stack_id)["Stacks"]
    except ClientError as error:
        told = error.response.get("Error", {})
        return redact(f"CloudFormation answered {told.get('Code', '')}: {told.get('Message', '')}")
    except (BotoCoreError, ValueError) as error:
        return redact(f"CloudFormation did not answer ({type(error).__name__})")
    log.info(json.dumps({"stack": stack["StackStatus"]}))
    return _BACK in stack["StackStatus"]


def _client(region: str) -> Any:
    """CloudFormation's API. Made here alone, as that of EKS is: hardly any event ever needs it."""
    from botocore.config import Config
    from botocore.session import get_session

    # At DEBUG botocore writes the requests it sends, session token included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    config = Config(connect_timeout=4, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 2})
    return get_session().create_client("cloudformation", region_name=region, config=config)

"""Whether CloudFormation is rolling an update back: the event looks like that of any other update."""

from __future__ import annotations

from typing import Final

from aws_client import make_client
from logs import Log
from redaction import redact

#: In the status of a stack while it goes back to its former state.
_BACK: Final = "ROLLBACK"

log = Log("aws_node_removal")


def is_rolling_back(stack_id: str, region: str) -> bool | str:
    """Whether the stack goes back to its former state.

    Returns:
        True or False if CloudFormation answers; otherwise why the answer is unknown, in words.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = make_client("cloudformation", region, connect=4, read=6, attempts=2)
        (stack,) = client.describe_stacks(StackName=stack_id)["Stacks"]
    except ClientError as error:
        told = error.response.get("Error", {})
        return redact(f"CloudFormation answered {told.get('Code', '')}: {told.get('Message', '')}")
    except (BotoCoreError, ValueError) as error:
        return redact(f"CloudFormation did not answer ({type(error).__name__})")
    log.info({"stack": stack["StackStatus"]})
    return _BACK in stack["StackStatus"]

"""Takes secrets out of foreign text, before it gets into a log, an error or an answer."""

from __future__ import annotations

import re
from typing import Final

#: Characters of a quoted message. CloudFormation takes answers of 4 KB, and an error may quote ten messages.
MESSAGE_LIMIT: Final = 300

# JSON is masked, too: no pattern matches past the quotation mark that ends a text.
_SECRETS: Final = re.compile(
    r"k8s-aws-v1\.[\w.~+/=-]*|bearer\s+[^\s\"']+|X-Amz-[\w-]+=[^&\s\"']*", re.IGNORECASE
)
# Only an administrator can decode what follows it:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
_ENCODED: Final = "Encoded authorization failure message"


def mask(text: str) -> str:
    """*text* without anything that looks like a token or a signed parameter of a URL."""
    return _SECRETS.sub("[redacted]", text)


def redact(text: str) -> str:
    """*text* masked, in one line of at most `MESSAGE_LIMIT` characters.

    The server wrote some of the text that a function quotes, and may echo the request.
    """
    text = " ".join(mask(text.split(_ENCODED)[0]).split())
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "..."

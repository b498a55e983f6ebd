"""Rules for requests of Kafka, which Cilium had until 1.20.

What agents refuse is in `PortRule.Sanitize` of ``pkg/policy/api/kafka/kafka.go``.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from cdk_eks_cilium.problems import refusal

from .part import PolicyPart, Text

# https://kafka.apache.org/protocol#protocol_api_keys, as far as Cilium's `APIKeyMap` goes.
_NAMES: Final = (
    "produce fetch offsets metadata leaderandisr stopreplica updatemetadata controlledshutdown offsetcommit "
    "offsetfetch findcoordinator joingroup heartbeat leavegroup syncgroup describegroups listgroups "
    "saslhandshake apiversions createtopics deletetopics deleterecords initproducerid offsetforleaderepoch "
    "addpartitionstotxn addoffsetstotxn endtxn writetxnmarkers txnoffsetcommit describeacls createacls "
    "deleteacls describeconfigs alterconfigs"
)
_REQUESTS: Final = frozenset(_NAMES.split())
_LATEST_VERSION: Final = 32767
_TOPIC: Final = re.compile(r"[a-zA-Z0-9._\\-]+")


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= _LATEST_VERSION


class KafkaRule(PolicyPart):
    """Kafka requests. Cilium 1.20 removed these rules."""

    role: Literal["produce", "consume"] | None = None
    api_key: Text | None = None
    api_version: Text | None = None
    client_id: Text | None = None
    topic: Annotated[Text, Field(max_length=255)] | None = None

    @model_validator(mode="after")
    def _as_agents_take_it(self) -> Self:
        # Empty texts are as good as none.
        if self.role and self.api_key:
            raise refusal("must have role or apiKey, got both", "leave one of them out", id="CEK5123")
        if self.api_key and self.api_key.lower() not in _REQUESTS:
            raise refusal(
                f"must name a request of Kafka under apiKey, got {self.api_key!r}",
                "use a name such as produce, fetch or metadata",
                id="CEK5124",
            )
        if self.api_version and not _is_version(self.api_version):
            raise refusal(
                f"must have a number up to {_LATEST_VERSION} as apiVersion, got {self.api_version!r}",
                "correct it, or leave it out for every version",
                id="CEK5125",
            )
        if self.topic and not _TOPIC.fullmatch(self.topic):
            raise refusal(
                f"must have a topic of letters, digits, '.', '_' and '-', got {self.topic!r}",
                "correct it: a topic is a name and no pattern",
                id="CEK5126",
            )
        return self

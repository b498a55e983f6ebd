"""What the schema of SARIF 2.1.0 requires of the parts that we write, and which properties these may have.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
URI: dict[str, Any] = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}


def thing(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def many(of: dict[str, Any], **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **limits}


MESSAGE = thing(("text",), text=TEXT, markdown=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = thing(
    ("id",),
    id=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    helpUri=URI,
    properties={"type": "object", "properties": {"tags": many(TEXT, uniqueItems=True)}},
)
PLACE = thing(name=TEXT, fullyQualifiedName=TEXT, kind=TEXT)
#: A reference as of RFC 3986, so without blanks.
REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"^[^\s\\]+$"}
FILE = thing(
    artifactLocation=thing(uri=REFERENCE),
    region=thing(startLine={"type": "integer", "minimum": 1}),
)
RESULT = thing(
    ("message",),
    ruleId=TEXT,
    ruleIndex=COUNT,
    level=LEVEL,
    message=MESSAGE,
    locations=many(
        thing(logicalLocations=many(PLACE, uniqueItems=True), physicalLocation=FILE), uniqueItems=True
    ),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
)
NOTIFICATION = thing(("message",), level=LEVEL, message=MESSAGE, associatedRule=thing(id=TEXT))
INVOCATION = thing(
    ("executionSuccessful",),
    executionSuccessful={"type": "boolean"},
    endTimeUtc={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    toolExecutionNotifications=many(NOTIFICATION),
)
DRIVER = thing(("name",), name=TEXT, semanticVersion=TEXT, rules=many(RULE, uniqueItems=True))
RUN = thing(
    ("tool",),
    tool=thing(("driver",), driver=DRIVER),
    automationDetails=thing(id=TEXT),
    invocations=many(INVOCATION),
    results=many(RESULT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
)
LOG = thing(("version", "runs"), **{"$schema": URI, "version": {"enum": ["2.1.0"]}, "runs": many(RUN)})

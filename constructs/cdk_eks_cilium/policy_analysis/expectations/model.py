"""The file of expectations, typed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictStr, model_validator

from cdk_eks_cilium.policy_analysis.evaluation import PROTOCOLS, HttpRequest
from cdk_eks_cilium.policy_analysis.services import Way
from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.model import Model
from cdk_eks_cilium.problems.wording import Dialect, Word

SERVICE: Final = "svc/"
"""How a Service begins."""

OTHER_SIDES: Final = ("fqdn:", "cidr:", "entity:", SERVICE)
"""How sides begin that are not workloads."""

EVERY_PORT: Final = "*"
_PORT: Final = re.compile(r"(\*|[A-Za-z0-9-]+)(/[A-Za-z0-9]+)?")
_TEXT: Final = Field(min_length=1)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _not_empty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    # A minimum length of pydantic would count invalid items as missing, and blame the list, too.
    if not value:
        raise refusal("must list at least 1", "leave the field out, or name one", id="CEK5314")
    return value


def _a_path(text: str) -> str:
    if not text.startswith("/"):
        raise refusal("must be a path", "begin with a slash", id="CEK5315")
    return text


def _as_texts(value: Any) -> Any:
    """Ports as text: YAML reads 8080 as a number."""
    values = _as_list(value)
    return [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in values]


def _as_peer(value: Any) -> Any:
    return {"side": value} if isinstance(value, str) else value


def _as_target(value: Any) -> Any:
    """``shop/api:8080`` as a side with a port."""
    if isinstance(value, dict) and isinstance(value.get("side"), str) and "ports" not in value:
        side, _, port = value["side"].rpartition(":")
        has_port = bool(side and _PORT.fullmatch(port)) and f"{side}:" not in OTHER_SIDES
        return {**value, "side": side, "ports": [port]} if has_port else value
    if not isinstance(value, str):
        return value
    side, colon, port = value.rpartition(":")
    if not colon or not _PORT.fullmatch(port) or f"{side}:" in OTHER_SIDES:
        raise refusal("must end with a port", "write shop/api:8080, or ':*' for every port", id="CEK5300")
    return {"side": side, "ports": [port]}


def _as_request(value: Any) -> Any:
    """``GET /api`` as a request."""
    if not isinstance(value, str):
        return value
    method, space, path = value.partition(" ")
    if not space or not path.startswith("/"):
        raise refusal("must be a method and a path", "write 'GET /api'", id="CEK5301")
    return {"method": method, "path": path}


class _Part(Model):
    model_config = ConfigDict(strict=True, validate_by_alias=True, validate_by_name=False)
    dialect: ClassVar[Dialect] = Dialect(
        unknown=Word("is not a field here", id="CEK5302"), top="expectations"
    )


Texts = Annotated[
    tuple[Annotated[StrictStr, _TEXT], ...],
    Field(strict=False),
    AfterValidator(_not_empty),
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]
"""A text, or a list of texts."""


class PeerPattern(_Part):
    """Workloads, or a side other than workloads. What is given must all hold."""

    side: Annotated[StrictStr, _TEXT] | None = Field(
        default=None,
        description="NAMESPACE/NAME of workloads, where * stands for any characters, or fqdn:NAME, "
        "cidr:ADDRESS or entity:NAME; where connections go also svc/NAMESPACE/NAME, with * in the same way.",
    )
    namespace: Texts | None = Field(default=None, description="Namespaces; * stands for any characters.")
    labels: dict[StrictStr, StrictStr] | None = Field(
        default=None, description="Labels of pods, with values."
    )
    except_: (
        Annotated[
            tuple[
                Annotated[PeerPattern, BeforeValidator(_as_peer, json_schema_input_type=str | PeerPattern)],
                ...,
            ],
            Field(strict=False),
            AfterValidator(_not_empty),
            BeforeValidator(_as_list),
        ]
        | None
    ) = Field(default=None, alias="except", description="Workloads that are not meant.")

    @property
    def is_service(self) -> bool:
        """Whether it is of Services."""
        return self.side is not None and self.side.startswith(SERVICE)

    @property
    def is_other(self) -> bool:
        """Whether it is a side other than workloads."""
        return self.side is not None and self.side.startswith(OTHER_SIDES)

    @model_validator(mode="after")
    def _one_kind_of_side(self) -> Self:
        more = (self.namespace, self.labels, self.except_)
        if self.is_other and any(one is not None for one in more):
            raise refusal(
                "must have no further fields beside a side that is not a workload",
                "write two entries",
                got=self.side,
                id="CEK5303",
            )
        if any(one.is_other for one in self.except_ or ()):
            raise refusal("must have workloads alone under except", "leave other sides out", id="CEK5383")
        if self.is_service and str(self.side).count("/") != 2:
            raise refusal(
                "must be svc/NAMESPACE/NAME",
                "write svc/shop/api, or svc/shop/* for all of a namespace",
                got=self.side,
                id="CEK5380",
            )
        if self.side is not None and not self.is_other and self.side != "*" and self.side.count("/") != 1:
            raise refusal(
                "must be NAMESPACE/NAME, fqdn:NAME, cidr:ADDRESS or entity:NAME",
                "write shop/api, or shop/* for all of a namespace",
                got=self.side,
                id="CEK5304",
            )
        return self

    def __str__(self) -> str:
        parts = [self.side] if self.side else []
        parts += [f"namespace {' or '.join(self.namespace)}"] if self.namespace else []
        parts += [f"{key}={value}" for key, value in (self.labels or {}).items()]
        words = " ".join(parts) or "every workload"
        return f"{words} except {', '.join(map(str, self.except_))}" if self.except_ else words


def _ports_may_stand_in_the_side(schema: dict[str, Any]) -> None:
    """What `_as_target` takes, for editors."""
    schema.pop("required")
    side = {"properties": {"side": {"pattern": f":{_PORT.pattern}$"}}, "required": ["side"]}
    schema["anyOf"] = [{"required": ["ports"]}, side]


class TargetPattern(PeerPattern):
    """Where connections go: sides with ports."""

    model_config = ConfigDict(json_schema_extra=_ports_may_stand_in_the_side)

    ports: Annotated[
        tuple[Annotated[StrictStr, _TEXT], ...],
        Field(strict=False),
        AfterValidator(_not_empty),
        BeforeValidator(_as_texts, json_schema_input_type=int | str | list[int | str]),
    ] = Field(
        description="Numbers or names of ports, each perhaps with /PROTOCOL; * for every port. Of a Service, "
        "its own ports. One port may stand in side instead, as in shop/api:8080."
    )
    via: Way | None = Field(
        default=None,
        description="How clients come to a Service; by default by its own address in the cluster, and by the "
        "way of its type from outside.",
    )

    @model_validator(mode="after")
    def _a_way_to_a_service(self) -> Self:
        if self.via is not None and not self.is_service:
            raise refusal(
                "must have via with a Service alone", "name svc/NAMESPACE/NAME", got=self.side, id="CEK5381"
            )
        return self

    @model_validator(mode="after")
    def _ports_with_known_protocols(self) -> Self:
        known = {name.upper() for name in PROTOCOLS}
        for port in self.ports:
            name, slash, protocol = port.partition("/")
            if not _PORT.fullmatch(port) or (slash and protocol.upper() not in known):
                raise refusal(
                    "must have ports, each with at most a protocol",
                    f"write 8080 or 53/UDP; protocols are {', '.join(PROTOCOLS)}",
                    got=port,
                    id="CEK5305",
                )
            # Type 0 of ICMP answers a ping; no connection has port 0.
            least, most = (0, 255) if protocol.upper().startswith("ICMP") else (1, 65535)
            if name.isdecimal() and not least <= int(name) <= most:
                raise refusal(f"must have a port from {least} to {most}", got=port, id="CEK5306")
        return self

    def __str__(self) -> str:
        return f"{super().__str__()}:{','.join(self.ports)}"


class RequestPattern(_Part):
    """An HTTP request."""

    method: Annotated[StrictStr, _TEXT] = Field(default="GET", description="The method.")
    path: Annotated[StrictStr, AfterValidator(_a_path)] = Field(
        default="/", description="The path, from its slash on."
    )
    host: StrictStr = Field(default="", description="The host that the request is for.")
    headers: dict[StrictStr, StrictStr] = Field(
        default_factory=dict, description="Headers with their values."
    )

    def as_request(self) -> HttpRequest:
        """The request as policies judge it."""
        return HttpRequest(self.method, self.path, self.host, tuple(self.headers.items()))


_Peers = Annotated[
    tuple[Annotated[PeerPattern, BeforeValidator(_as_peer, json_schema_input_type=str | PeerPattern)], ...],
    Field(strict=False),
    AfterValidator(_not_empty),
    BeforeValidator(_as_list, json_schema_input_type=str | PeerPattern | list[str | PeerPattern]),
]
_Targets = Annotated[
    tuple[
        Annotated[TargetPattern, BeforeValidator(_as_target, json_schema_input_type=str | TargetPattern)], ...
    ],
    Field(strict=False),
    AfterValidator(_not_empty),
    BeforeValidator(_as_list, json_schema_input_type=str | TargetPattern | list[str | TargetPattern]),
]


_IN_TO: Final = "write 'to: {side: shop/api, ports: 8080}'"
_IN_A_SIDE: Final = "write it in to or from, as in 'from: {namespace: shop, labels: {app: api}}'"


class Expectation(_Part):
    """What must or must not be possible: every source against every destination at every port."""

    dialect: ClassVar[Dialect] = replace(
        _Part.dialect,
        misplaced={
            "via": "write 'to: {side: svc/shop/api:8080, via: nodeport}'",
            "ports": _IN_TO,
            "side": _IN_TO,
            **dict.fromkeys(("namespace", "labels", "except"), _IN_A_SIDE),
        },
    )

    name: Annotated[StrictStr, _TEXT] = Field(description="What must hold, in words.")
    from_: _Peers = Field(alias="from", description="Who begins the connections.")
    to: _Targets = Field(description="Where they go, with ports.")
    expect: Literal["allowed", "denied", "unknown"] = Field(
        description="Whether all of them pass, or none, or whether that is not known."
    )
    http: (
        Annotated[RequestPattern, BeforeValidator(_as_request, json_schema_input_type=str | RequestPattern)]
        | None
    ) = Field(default=None, description="A request to judge, such as 'GET /api'.")
    server_name: Annotated[StrictStr, _TEXT] | None = Field(
        default=None, description="The name that the TLS client asks for."
    )
    because: StrictStr = Field(default="", description="Why; reports show it with a failure.")


class ExpectationFile(_Part):
    """A file of expectations."""

    expectations: Annotated[tuple[Expectation, ...], Field(strict=False), AfterValidator(_not_empty)] = Field(
        description="The expectations, each with a name of its own."
    )

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [one.name for one in self.expectations]
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise refusal(f"must have each name once, {twice!r} is there twice", "rename one", id="CEK5307")
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file of expectations, for editors."""
    schema = ExpectationFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

"""From a request's body to an object: parsed, of the right type, decoded, and with what a strict reader says.

The words are from the API server's handlers:
https://github.com/kubernetes/apiserver/tree/master/pkg/endpoints/handlers.
"""

# belief: K8S-field-validation

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from rehearsal.kubernetes import protobuf
from rehearsal.kubernetes.calls import APPLY, Call, Target
from rehearsal.kubernetes.custom.pruning import pruned
from rehearsal.kubernetes.defaults import fill_object
from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.notices import warn
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.schemas.bodies import BodyError, Parsed, parse_json, parse_yaml
from rehearsal.kubernetes.schemas.catalogue import Schemas
from rehearsal.kubernetes.schemas.decoding import DecodingError, decode, go_text, kind_of

_DIRECTIVES: Final = ("", "Ignore", "Strict", "Warn")
_OPTIONS: Final = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}
_TYPE_META: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)
_SCHEME: Final = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'
_JSON: Final = ("application/json", "")
_MEDIA: Final = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


class Type(NamedTuple):
    """The type that a body must have."""

    group: str
    version: str
    kind: str

    @property
    def group_version(self) -> str:
        """As ``apiVersion`` writes it."""
        return f"{self.group}/{self.version}" if self.group else self.version


def expected(target: Target) -> Type:
    """The type of the objects of an address."""
    if target.subresource == "scale":
        return Type("autoscaling", "v1", "Scale")
    resource = target.resource
    return Type(resource.group, resource.version, resource.kind)


class Reader:
    """Reads the bodies of calls.

    Args:
        schemas: The schemas of the cluster.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    # belief: K8S-field-validation
    def object(self, call: Call, target: Target) -> Object:
        """The object that a call creates or puts in place of another.

        Raises:
            ApiError: 400, it cannot be read; 415, its format is unknown; 422, an option is invalid.
        """
        wanted, directive = expected(target), directive_of(call)
        parsed = self._parse(call, wanted)
        body = {} if parsed.value is None else parsed.value
        _check_type_meta(body, call.body, wanted, custom=target.resource.custom)
        try:
            decoded, complaints = self._decode(body, target.resource, wanted)
        except DecodingError as error:
            raise _unhandled(body, wanted, str(error)) from None
        complaints = [*parsed.complaints, *complaints]
        # belief: K8S-field-validation
        if directive == "Strict" and complaints:
            raise _unhandled(body, wanted, f"strict decoding error: {', '.join(complaints)}")
        _warn(directive, complaints)
        return decoded

    # belief: K8S-field-validation
    def patched(self, new: Any, patch: Any, call: Call, target: Target) -> Object:
        """The object that a patch has made.

        Raises:
            ApiError: 422, it is not an object of its type.
        """
        wanted, directive = expected(target), directive_of(call)
        shown = json.dumps(new, separators=(",", ":"), ensure_ascii=False)
        if call.content_type == "application/strategic-merge-patch+json":
            shown = go_text(patch)
        try:
            found = Type(*_split(new.get("apiVersion")), new.get("kind") or "")
            # belief: K8S-field-validation
            if found != wanted:
                problem = (
                    f'no kind "{found.kind}" is registered for version "{found.group_version}" {_SCHEME}'
                )
                raise DecodingError(problem)
            decoded, complaints = self._decode(new, target.resource, wanted)
        except DecodingError as error:
            raise _bad_patch(shown, str(error)) from None
        # belief: K8S-field-validation
        if directive == "Strict" and complaints:
            raise _bad_patch(shown, f"strict decoding error: {', '.join(complaints)}")
        _warn(directive, complaints)
        return decoded

    # belief: K8S-field-validation
    def patch(self, call: Call) -> Any:
        """A JSON patch, a merge patch or a strategic merge patch.

        Raises:
            ApiError: 400, it cannot be read.
        """
        try:
            value = parse_json(call.body).value
        except BodyError as error:
            raise bad_request(f"error decoding patch: {error}") from None
        # belief: K8S-patches
        if call.content_type != "application/json-patch+json" and not isinstance(value, dict):
            problem = (
                f"json: cannot unmarshal {kind_of(value)} into Go value of type map[string]interface {{}}"
            )
            strategic = call.content_type == "application/strategic-merge-patch+json"
            raise bad_request(problem if strategic else f"error decoding patch: {problem}")
        return value

    # belief: K8S-field-validation
    def configuration(self, call: Call, target: Target) -> Object:
        """The configuration of a server-side apply; it is not decoded.

        Raises:
            ApiError: 400, it cannot be read or has another type; 422, an option is invalid.
        """
        directive, wanted = directive_of(call), expected(target)
        try:
            parsed = parse_yaml(call.body)
        except BodyError as error:
            raise bad_request(f"error decoding YAML: error converting YAML to JSON: {error}") from None
        body = {} if parsed.value is None else parsed.value
        # belief: K8S-apply-is-typed
        if not isinstance(body, dict):
            problem = (
                f"json: cannot unmarshal {kind_of(body)} into Go value of type map[string]interface {{}}"
            )
            raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {problem}")
        found = Type(*_split(body.get("apiVersion")), _text(body.get("kind")))
        # belief: K8S-apply-is-typed
        if found != wanted:
            raise bad_request(f"invalid object type: {found.group}/{found.version}, Kind={found.kind}")
        # belief: K8S-field-validation
        if directive == "Strict" and parsed.complaints:
            complaints = ", ".join(parsed.complaints)
            raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: {complaints}")
        _warn(directive, parsed.complaints)
        return body

    # belief: K8S-field-validation
    def inside(self, body: Object, resource: ResourceType) -> Object:
        """An object of the cluster's own controllers, decoded.

        Raises:
            ApiError: 400, it is not an object of its type.
        """
        wanted = Type(resource.group, resource.version, resource.kind)
        try:
            decoded, complaints = self._decode(body, resource, wanted)
        except DecodingError as error:
            raise _unhandled(body, wanted, str(error)) from None
        # belief: K8S-field-validation
        if complaints:
            raise _unhandled(body, wanted, f"strict decoding error: {', '.join(complaints)}")
        return decoded

    # belief: K8S-field-validation
    def applied(self, body: Object, target: Target) -> Object:
        """The object that an apply has made, as Go has it.

        Raises:
            ApiError: 500, a value does not fit its type.
        """
        try:
            return self._decode(body, target.resource, expected(target))[0]
        except DecodingError as error:
            wanted, metadata = expected(target), body.get("metadata") or {}
            what = f"{wanted.group}/{wanted.version}, Kind={wanted.kind}"
            where = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
            problem = f"unable to convert unstructured object to {what.removeprefix('/')}: {error}"
            text = f"failed to convert new object ({where}; {what}) to proper version: {problem}"
            raise ApiError(500, "", text) from None

    # belief: K8S-field-validation
    def _parse(self, call: Call, wanted: Type) -> Parsed:
        if call.body.startswith(protobuf.MAGIC):
            return Parsed(protobuf.decode(call.body))
        try:
            if call.content_type in _JSON:
                try:
                    return parse_json(call.body)
                except BodyError as error:
                    raise BodyError(f"couldn't get version/kind; json parse error: {error}") from None
            # belief: K8S-bodies
            if call.content_type not in ("application/yaml", APPLY):
                known = f"accepted media types include: {_MEDIA}"
                message = f"the body of the request was in an unknown format - {known}"
                raise ApiError(415, "UnsupportedMediaType", message)
            return parse_yaml(call.body)
        except BodyError as error:
            raise _unrecognized(wanted, str(error), call.body) from None

    def _decode(self, body: Object, resource: ResourceType, wanted: Type) -> tuple[Object, list[str]]:
        body = {**body, "apiVersion": wanted.group_version, "kind": wanted.kind}
        if wanted.kind == "Scale":
            decoded = decode(body, self._schemas.scale())
        elif resource.custom:
            decoded = pruned(body, self._schemas.of(resource), self._schemas.metadata)
        else:
            decoded = decode(body, self._schemas.of(resource))
            fill_object(decoded.value)
        return decoded.value, [f'unknown field "{path}"' for path in decoded.unknown]


# belief: K8S-field-validation
def directive_of(call: Call) -> str:
    """What happens to fields that a type does not have: ``Strict``, ``Warn`` or ``Ignore``.

    Raises:
        ApiError: 422, the call asks for something else.
    """
    given = call.query.get("fieldValidation", "")
    if given not in _DIRECTIVES:
        allowed = ", ".join(f'"{each}"' for each in _DIRECTIVES)
        problem = f'Unsupported value: "{given}": supported values: {allowed}'
        options = f"{_OPTIONS.get(call.method, 'CreateOptions')}.meta.k8s.io"
        causes = [{"reason": "FieldValueNotSupported", "message": problem, "field": "fieldValidation"}]
        raise ApiError(422, "Invalid", f'{options} "" is invalid: fieldValidation: {problem}', causes=causes)
    return given or "Warn"


# belief: K8S-typed-fields
def _check_type_meta(body: Any, raw: bytes, wanted: Type, *, custom: bool) -> None:
    """Fill in a missing type, and refuse another one."""
    if not isinstance(body, dict):
        problem = f"json: cannot unmarshal {kind_of(body)} into Go value of type {_TYPE_META}"
        raise _unrecognized(wanted, f"couldn't get version/kind; json parse error: {problem}", raw)
    for name in ("apiVersion", "kind"):
        if not isinstance(body.get(name), str | None):
            problem = (
                f"json: cannot unmarshal {kind_of(body[name])} into Go struct field .{name} of type string"
            )
            raise _unrecognized(wanted, f"couldn't get version/kind; json parse error: {problem}", raw)
    given, kind = body.get("apiVersion") or "", body.get("kind") or ""
    if custom and not kind:
        raise _unrecognized(wanted, f"Object 'Kind' is missing in '{raw.decode(errors='replace')}'", raw)
    if custom and given != wanted.group_version:
        problem = f"does not match the expected API version ({wanted.group_version})"
        raise bad_request(f"the API version in the data ({given}) {problem}")
    if custom and kind != wanted.kind:
        name, problem = (
            (body.get("metadata") or {}).get("name", ""),
            f'Invalid value: "{kind}": must be {wanted.kind}',
        )
        causes = [{"reason": "FieldValueInvalid", "message": problem, "field": "kind"}]
        raise ApiError(
            422, "Invalid", f'{kind}.{wanted.group} "{name}" is invalid: kind: {problem}', causes=causes
        )
    if (given or wanted.group_version, kind or wanted.kind) != (wanted.group_version, wanted.kind):
        version = given or wanted.group_version
        problem = f'no kind "{kind or wanted.kind}" is registered for version "{version}" {_SCHEME}'
        raise _unhandled({"apiVersion": version, "kind": kind or wanted.kind}, wanted, problem)


def _split(api_version: Any) -> tuple[str, str]:
    group, _, version = _text(api_version).rpartition("/")
    return group, version


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _warn(directive: str, complaints: list[str]) -> None:
    for complaint in complaints if directive != "Ignore" else ():
        warn(complaint.removeprefix("yaml: unmarshal errors:\n  "))


# belief: K8S-typed-fields
def _unhandled(body: Object, wanted: Type, problem: str) -> ApiError:
    version = _split(body.get("apiVersion") or wanted.group_version)[1]
    kind = body.get("kind") or wanted.kind
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {wanted.kind}: {problem}')


# belief: K8S-bodies
def _unrecognized(wanted: Type, problem: str, raw: bytes) -> ApiError:
    start = raw[:30]
    shown = start.decode(errors="replace") if raw[:1] == b"{" else start.hex()
    shown = (shown + " ..." if len(raw) > len(start) else shown) or "<empty>"
    return bad_request(
        f"the object provided is unrecognized (must be of type {wanted.kind}): {problem} ({shown})"
    )


# belief: K8S-field-validation
def _bad_patch(shown: str, problem: str) -> ApiError:
    message = f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {problem}"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return ApiError(422, "Invalid", f' "" is invalid: patch: {message}', causes=causes)

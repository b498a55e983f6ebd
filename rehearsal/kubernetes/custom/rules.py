"""The rules of a schema in CEL, ``x-kubernetes-validations``, by Google's own implementation of the language.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
"""

# belief: K8S-validation-rules

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rehearsal.kubernetes.custom import cel
from rehearsal.kubernetes.custom.values import ABSENT, correlated
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.fields import OMITTED, Errors, FieldError, invalid, required

_RULES: Final = "x-kubernetes-validations"
_SHOWN: Final = {
    "rule": "Rule",
    "message": "Message",
    "messageExpression": "MessageExpression",
    "reason": "Reason",
    "fieldPath": "FieldPath",
    "optionalOldSelf": "OptionalOldSelf",
}


def present(schema: Any) -> bool:
    """Whether a schema has a rule anywhere."""
    if isinstance(schema, dict):
        return bool(schema.get(_RULES)) or any(map(present, schema.values()))
    return isinstance(schema, list) and any(map(present, schema))


def problems_of_rules(schema: Object, path: str) -> Errors:
    """The rules that the server does not take with their definition."""
    for index, rule in enumerate(schema.get(_RULES) or ()):
        at, text = f"{path}.{_RULES}[{index}].rule", str(rule.get("rule") or "").strip()
        if not text:
            yield required(at, "rule is not specified")
        elif (problem := _refused(text, _kind(schema))) is not None:
            yield invalid(at, _shown(rule), problem)
    for name, each in (schema.get("properties") or {}).items():
        yield from problems_of_rules(each, f"{path}.properties[{name}]")
    for word in ("items", "additionalProperties"):
        if isinstance(each := schema.get(word), dict):
            yield from problems_of_rules(each, f"{path}.{word}")


def _shown(rule: Object) -> Object:
    empty = {"reason": None, "optionalOldSelf": None}
    return {name: rule.get(word, empty.get(word, "")) for word, name in _SHOWN.items()}


def _refused(text: str, kind: str) -> str | None:
    try:
        program = cel.program(text, kind)
    except cel.CompileError as error:
        return f"compilation failed: {error}"
    if program is not None and not program.is_boolean:
        return "cel expression must evaluate to a bool"
    return None


def problems(body: Object, schema: Object, old: Object | None) -> Errors:
    """What the rules say about an object.

    Args:
        body: The object.
        schema: The schema of its version.
        old: The object that it replaces.
    """
    return _problems(body, schema, "", ABSENT if old is None else old)


def _problems(value: Any, schema: Object, path: str, old: Any) -> Iterator[FieldError]:
    if value is None:
        return
    for rule in schema.get(_RULES) or ():
        yield from _judge(rule, value, schema, path, old)
    if isinstance(value, dict):
        described, more = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, each in value.items():
            if isinstance(below := described.get(name, more), dict):
                before = old.get(name, ABSENT) if isinstance(old, dict) else ABSENT
                yield from _problems(each, below, f"{path}.{name}" if path else name, before)
    elif isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        for index, each in enumerate(value):
            yield from _problems(each, items, f"{path}[{index}]", correlated(each, index, schema, old))


def _judge(rule: Object, value: Any, schema: Object, path: str, old: Any) -> Errors:
    text, optional = str(rule["rule"]).strip(), bool(rule.get("optionalOldSelf"))
    changes = "oldSelf" in text
    if changes and old is ABSENT and not optional:
        return  # a rule about a change does not judge what is new
    if old is not ABSENT and not changes and old == value:
        return  # what stays as it is is not judged again
    try:
        program = cel.program(text, _kind(schema), optional=optional)
    except cel.CompileError:
        return
    if program is None:
        return
    words = str(rule.get("message") or "").strip() or f"failed rule: {text}"
    data = {"self": cel.converted(_seen(value, schema), _kind(schema))}
    if changes:
        data["oldSelf"] = cel.converted(_seen(old, schema), _kind(schema))
    answer = program.ask(data)
    # no belief: a limit of the implementation, in which a time inside of an object stays text
    if isinstance(answer, cel.EvaluationError) and "overload" in answer and _has_format(schema):
        return
    if isinstance(answer, cel.EvaluationError):
        yield invalid(path, schema.get("type", "object"), f"{answer} evaluating rule: {words}")
    elif answer is not True:
        yield _failed(rule, value, path, _message(rule, data, schema, words))


def _message(rule: Object, data: dict[str, Any], schema: Object, otherwise: str) -> str:
    if not (text := rule.get("messageExpression")):
        return otherwise
    try:
        program = cel.program(str(text), _kind(schema))
    except cel.CompileError:
        return otherwise
    answer = program.ask(data) if program else None
    return answer.strip() if isinstance(answer, str) and answer.strip() else otherwise


# belief: K8S-validation-rules
def _failed(rule: Object, value: Any, path: str, words: str) -> FieldError:
    field = f"{path}{rule.get('fieldPath') or ''}".lstrip(".")
    reason = rule.get("reason") or "FieldValueInvalid"
    shown = OMITTED if isinstance(value, dict | list) or rule.get("fieldPath") else value
    return FieldError(reason, field, shown, words)


def _has_format(schema: Any) -> bool:
    """Whether a part of a schema has a format that is a type of its own in rules."""
    if isinstance(schema, dict):
        return schema.get("format") in cel.FORMATS or any(map(_has_format, schema.values()))
    return False


def _kind(schema: Object) -> str:
    """The type of ``self``, as `cel.program` takes it."""
    if schema.get("x-kubernetes-int-or-string"):
        return "any"
    if schema.get("type") == "string" and schema.get("format") in cel.FORMATS:
        return str(schema["format"])
    return str(schema.get("type") or "any")


def _seen(value: Any, schema: Object) -> Any:
    """A value as rules see it: numbers are doubles, and names that the language reserves are escaped."""
    if isinstance(value, dict):
        described, more = schema.get("properties") or {}, schema.get("additionalProperties")
        if isinstance(more, dict):
            return {name: _seen(each, more) for name, each in value.items()}
        return {cel.escaped(name): _seen(each, described.get(name) or {}) for name, each in value.items()}
    if isinstance(value, list):
        return [_seen(each, schema.get("items") or {}) for each in value]
    if schema.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if schema.get("type") == "integer" and isinstance(value, float):
        return int(value)
    return value

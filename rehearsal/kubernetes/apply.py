"""Server-side apply: the patch as a typed value, and what it makes of an object.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

# belief: K8S-server-side-apply

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.fields import bracketed, element, is_granular
from rehearsal.kubernetes.model import Object, copied
from rehearsal.kubernetes.schemas.decoding import go_text
from rehearsal.kubernetes.schemas.schema import Schema

_NUMERIC = ("integer", "number")
_UNTYPED = ("int-or-string", "quantity")


# belief: K8S-apply-is-typed
def check_typed(configuration: Object, schema: Schema) -> None:
    """Refuse a patch that does not fit its schema, with the words of structured-merge-diff.

    Raises:
        ApiError: 500, as the server answers.
    """
    if problems := list(_problems(configuration, schema, "")):
        metadata = configuration.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        where = f"{named.get('namespace') or ''}/{named.get('name') or ''}"
        group, _, version = configuration["apiVersion"].rpartition("/")
        what = f"{where}; {group}/{version}, Kind={configuration['kind']}"
        text = problems[0] if len(problems) == 1 else "errors:" + "".join(f"\n  {each}" for each in problems)
        raise ApiError(500, "", f"failed to create typed patch object ({what}): {text}")


def _problems(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if value is None or schema.kind == "any":
        return
    match schema.kind:
        case "object" | "map":
            if not isinstance(value, dict):
                yield f"{path}: expected map, got &{{{go_text(value)}}}"
                return
            for name, each in value.items():
                at = f"{path}.{name}"
                if name in schema.fields or schema.values or schema.preserves:
                    yield from _problems(each, schema.below(name), at)
                else:
                    yield f"{at}: field not declared in schema"
                    return  # the server looks no further in this mapping
        case "list":
            yield from _list_problems(value, schema, path)
        case _:
            if problem := _scalar_problem(value, schema):
                yield f"{path}: {problem}"


def _list_problems(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected list, got &{{{go_text(value)}}}"
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        if schema.list_type != "atomic":
            if problem := _item_problem(item, schema):
                yield f"{path}: element {index}: {problem}"
                continue
            part = element(item, schema)
            if part in seen:
                yield f"{path}: duplicate entries for key [{bracketed(part)}]"
            seen.add(part)
            at = f"{path}[{bracketed(part)}]"
        yield from _problems(item, schema.item, at)


def _item_problem(item: Any, schema: Schema) -> str:
    if schema.list_type == "set":
        if isinstance(item, dict | list):
            return "sets may only contain scalars and may not have maps or lists"
        return "sets may not contain nulls" if item is None else ""
    if item is None:
        return "associative list with keys may not have a null element"
    if not isinstance(item, dict):
        return "associative list with keys may not have non-map elements"
    if all(item.get(key) is None and key not in schema.defaults for key in schema.keys):
        keys = " ".join(f'"{key}"' for key in schema.keys)
        return (
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return ""


def _scalar_problem(value: Any, schema: Schema) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if schema.kind in _UNTYPED:
        composite = isinstance(value, dict | list)
        return f"expected any scalar, got &{{{go_text(value)}}}" if composite else ""
    if schema.kind in _NUMERIC:
        return "" if number else f"expected numeric (int or float), got {_go_type(value)}"
    if schema.kind == "boolean":
        return "" if isinstance(value, bool) else f"expected boolean, got &{{{go_text(value)}}}"
    if isinstance(value, str):
        return ""
    return f"expected string, got &value.valueUnstructured{{Value:{go_text(value)}}}"


def _go_type(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case dict():
            return "map[string]interface {}"
    return "[]interface {}"


def merged(live: Any, applied: Any, schema: Schema) -> Any:
    """A value after an apply has set its fields: what both have is merged, the rest is kept."""
    if applied is None:
        return live if live and is_granular(live, schema) else None
    if live is None or not (is_granular(live, schema) or is_granular(applied, schema)):
        return copied(applied)
    if type(live) is not type(applied) or not is_granular(applied, schema) or not (live or applied):
        return copied(applied)
    if isinstance(applied, list):
        return _merged_list(live, applied, schema)
    result = dict(live)
    for name, value in applied.items():
        result[name] = merged(live.get(name), value, schema.below(name))
    return result


def _merged_list(live: list[Any], applied: list[Any], schema: Schema) -> list[Any]:
    """The items of both: the ones that are applied in their order, the others where they were.

    The order is that of
    https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/typed/merge.go.
    """
    before = [(element(item, schema), item) for item in live]
    after = [(element(item, schema), item) for item in applied]
    old, new = dict(before), dict(after)
    shared = iter([part for part, _ in after if part in old])
    wanted = next(shared, None)
    result: list[Any] = []
    done: set[str] = set()
    left, right = 0, 0

    def take(part: str) -> None:
        done.add(part)
        result.append(merged(old.get(part), new[part], schema.item))

    while left < len(before) or right < len(after):
        if left < len(before):
            part, item = before[left]
            if right < len(after):
                if part == after[right][0]:
                    take(part)
                    left, right, wanted = left + 1, right + 1, next(shared, None)
                    continue
                if part in new and wanted is not None and wanted != part:
                    left += 1
                    continue
            if part not in new:
                result.append(item)
                left += 1
                continue
            if part in done:
                left += 1
        if right < len(after):
            part = after[right][0]
            take(part)
            right += 1
            if wanted == part:
                wanted = next(shared, None)
    return result

"""Makes objects of JSON with the fields to keep alone: most of a pod never becomes a Python object.

pydantic's core first parses text in Rust, and then makes what its schema names. With 30,000 pods that takes a
third of the time of parsing all of it with the standard library and leaving out most. It also gives equal
short texts as one object, which bounds memory: `cache_strings` of
https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.cache_strings.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from pydantic_core import SchemaValidator, ValidationError, core_schema

from cdk_eks_cilium.doctor.engine.fields import ITEMS, Tree, exact_tree_of

_ANY: Final = "any"
_Fields = dict[str, core_schema.TypedDictField]


class Picker:
    """Picks the fields to keep of the objects of a list.

    The objects are as `trim` gives them, except that a mapping of which nothing is kept stays, empty.
    """

    def __init__(self, keep: tuple[str, ...], kind: str | None, api: str | None) -> None:
        tree = exact_tree_of(keep)
        own = {} if kind is None else _identity(kind, api or "", tree.get("metadata"))
        each = core_schema.list_schema(_mapping(tree, own) if keep else _whole(own))
        self._items = _validator(each)
        self._page = _validator(_page(each))
        self._left_out = tuple(name for name in own if keep and name not in tree)

    def page(self, body: bytes) -> tuple[list[dict[str, Any]], str] | None:
        """The objects of an API's answer, and where its list goes on; None for what is not a plain list."""
        try:
            found = self._page.validate_json(body)
        except ValidationError:
            return None
        return found["items"], str(found.get("metadata", {}).get("continue") or "")

    def items(self, text: str) -> list[dict[str, Any]] | None:
        """The objects of a JSON array; None for another text, and where an object has another kind."""
        try:
            found: list[dict[str, Any]] = self._items.validate_json(text)
        except ValidationError:
            return None
        for each in found:
            for name in self._left_out:
                each.pop(name, None)
        return found


@lru_cache
def picker_of(keep: tuple[str, ...], kind: str | None = None, api: str | None = None) -> Picker:
    """The picker for fields to keep, as `trim` takes them.

    Args:
        keep: Fields to keep; empty to keep everything.
        kind: What each object must say that it is; None to ask nothing, and "" where it must not say it.
        api: Its ``apiVersion``, likewise.
    """
    return Picker(keep, kind, api)


def _validator(schema: core_schema.CoreSchema) -> SchemaValidator:
    return SchemaValidator(core_schema.definitions_schema(schema, [_value(_ANY)]))


def _value(ref: str | None = None, *, null: bool = True) -> core_schema.CoreSchema:
    """Any value of JSON. Texts come first, for most values are texts."""
    below = core_schema.definition_reference_schema(_ANY)
    return core_schema.union_schema(
        [
            core_schema.str_schema(strict=True),
            _mapping_of_any(),
            core_schema.list_schema(below),
            core_schema.bool_schema(strict=True),
            core_schema.int_schema(strict=True),
            core_schema.float_schema(strict=True),
            *([core_schema.none_schema()] if null else []),
        ],
        mode="left_to_right",
        ref=ref,
    )


def _identity(kind: str, api: str, metadata: Tree | None) -> _Fields:
    """The fields that tell what an object is, each of which it must have, or must not."""
    named = _mapping(metadata) if metadata else _mapping_of_any()
    return {
        "kind": _literal(kind),
        "apiVersion": _literal(api),
        "metadata": core_schema.typed_dict_field(named, required=True),
    }


def _literal(text: str) -> core_schema.TypedDictField:
    """A field that must be *text*; for an empty one, that must be missing or null."""
    if not text:
        return core_schema.typed_dict_field(core_schema.none_schema(), required=False)
    return core_schema.typed_dict_field(core_schema.literal_schema([text]), required=True)


def _mapping_of_any() -> core_schema.CoreSchema:
    return core_schema.dict_schema(core_schema.str_schema(), core_schema.definition_reference_schema(_ANY))


def _whole(own: _Fields) -> core_schema.CoreSchema:
    """An object with everything that it has."""
    rest = core_schema.definition_reference_schema(_ANY)
    return core_schema.typed_dict_schema(own, extra_behavior="allow", extras_schema=rest)


def _mapping(tree: Tree, own: _Fields | None = None) -> core_schema.CoreSchema:
    """A mapping with the fields of *tree*; one of another form than the tree says is left out."""
    fields = {
        name: core_schema.typed_dict_field(
            core_schema.with_default_schema(_field(below), on_error="omit"), required=False
        )
        for name, below in tree.items()
    }
    return core_schema.typed_dict_schema({**fields, **(own or {})}, extra_behavior="ignore")


def _field(below: Tree | None) -> core_schema.CoreSchema:
    if below is None:
        return _value(null=False)
    if of_items := below.get(ITEMS):
        each = core_schema.union_schema([_mapping(of_items), _value()], mode="left_to_right")
        return core_schema.list_schema(each)
    return _mapping(below)


def _page(items: core_schema.CoreSchema) -> core_schema.CoreSchema:
    token = {"continue": core_schema.typed_dict_field(_value(), required=False)}
    metadata = core_schema.typed_dict_schema(token, extra_behavior="ignore")
    fields = {
        "metadata": core_schema.typed_dict_field(metadata, required=False),
        "items": core_schema.typed_dict_field(items, required=True),
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="ignore")

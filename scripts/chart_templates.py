"""Which values the templates of a Helm chart read, found without rendering them.

Rendering shows one branch at a time. This follows every branch instead: it parses the templates and
evaluates them with sets of value paths in place of values, through scopes (`with`, `range`), variables,
`include` and the functions that look into mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from scripts.chart_expressions import Conditions
from scripts.chart_syntax import CONSTANTS, END, Node, Token, parsed, tokens

Path = tuple[str, ...]
#: Stands for any key or index in a path.
ANY: Final = "*"


@dataclass(frozen=True)
class Value:
    """What an expression may stand for.

    Attributes:
        paths: The chart values it may be.
        root: Whether it may be the context of a template, whose ``.Values`` are the chart's.
        items: The elements, if it is a list made in the template.
        fields: The entries, if it is a dict made in the template.
        text: The text, if it is a literal.
        truth: When it is true, and when it is false, if it is the result of a comparison.
    """

    paths: frozenset[Path] = frozenset()
    root: bool = False
    items: tuple[Value, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()
    text: str | None = None
    truth: tuple[Conditions, Conditions] | None = None

    @property
    def inner(self) -> tuple[Value, ...]:
        """The elements and the entries."""
        return (*self.items, *(each for _, each in self.fields))

    def get(self, name: str) -> Value:
        """The value under *name*; `ANY` for one that is not known."""
        found = Value(frozenset((*path, name) for path in self.paths if name != "AsMap"))
        if name == "AsMap":
            found = Value(self.paths)
        if self.root and name == "Values":
            found = joined([found, Value(frozenset([()]))])
        for key, value in self.fields:
            if name in (key, ANY):
                found = joined([found, value])
        if name.isdigit() and int(name) < len(self.items):
            return joined([found, self.items[int(name)]])
        return joined([found, *self.items]) if name == ANY else found


NOTHING: Final = Value()


def joined(values: Iterable[Value]) -> Value:
    """What may be any of *values*."""
    paths: frozenset[Path] = frozenset()
    items: tuple[Value, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()
    root = False
    for value in values:
        paths |= value.paths
        root = root or value.root
        items += tuple(item for item in value.items if item not in items)
        fields += tuple(pair for pair in value.fields if pair not in fields)
    return Value(paths, root, items, fields)


@dataclass
class Reads:
    """What templates read.

    Attributes:
        touched: Values that are looked at.
        whole: Values that are used with everything in them, such as those copied as YAML.
        shaped: Values that templates expect in more than one shape, or as a list.
        guarded: Values that are looked at only to refuse them, alone or with others.
    """

    touched: set[Path] = field(default_factory=set)
    whole: set[Path] = field(default_factory=set)
    shaped: set[Path] = field(default_factory=set)
    guarded: set[Path] = field(default_factory=set)


def reads(templates: Mapping[str, str]) -> Reads:
    """What *templates*, by file name, read of the chart's values."""
    found = Reads()
    trees = {name: parsed(text) for name, text in templates.items()}
    defines = {
        node.source.split('"')[1]: node.body
        for tree in trees.values()
        for node in tree
        if node.kind in ("define", "block")
    }
    walker = _Walker(defines, found)
    root = Value(root=True)
    for tree in trees.values():
        walker.block(tree, root, {"$": root})
    return found


def _only_fails(nodes: list[Node]) -> bool:
    """Whether *nodes* do nothing but refuse the values."""
    said = [each for each in nodes if each.kind != "space" and not re.match(r"\$\w+\s*:?=", each.source)]
    return bool(said) and all(
        node.source.startswith("fail")
        if node.kind == "action"
        else node.kind in ("if", "with", "range")
        and _only_fails(node.body)
        and (not node.other or _only_fails(node.other))
        for node in said
    )


Scope = dict[str, Value]
#: Functions that look at a value without using what is in it, and functions that only plain values fit.
_LOOKING: Final = {"and", "or", "not", "empty", "fail"}
_PLAIN: Final = {
    *("eq", "ne", "lt", "le", "gt", "ge", "quote", "squote", "int", "int64", "float64", "toString", "print"),
    *("printf", "trim", "lower", "upper", "b64enc", "indent", "nindent", "replace", "trimSuffix"),
    *("semverCompare", "add", "sub", "mul", "div", "contains", "hasPrefix", "hasSuffix", "trimPrefix"),
    "splitList",
}
#: Functions that ask what shape a value has, or want a list.
_SHAPES: Final = {"kindIs", "kindOf", "typeIs", "typeOf", "len", "join", "has"}
#: Functions whose result is one of their arguments, or made of their entries.
_PASSING: Final = {
    *("and", "or", "default", "coalesce", "ternary", "deepCopy", "mustDeepCopy", "merge", "mustMerge"),
    *("mergeOverwrite", "mustMergeOverwrite", "omit", "pick", "first", "last", "concat", "append", "without"),
    *("uniq", "compact", "set", "unset", "values", "required"),
}


@dataclass
class _Walker:
    defines: Mapping[str, list[Node]]
    found: Reads
    guard: int = 0
    seen: set[tuple[str, Value]] = field(default_factory=set)

    def block(self, nodes: list[Node], dot: Value, scope: Scope) -> None:
        for node in nodes:
            if node.kind == "action":
                self.action(node.source, dot, scope)
            elif node.kind in ("if", "with", "range"):
                self.branch(node, dot, scope)

    def branch(self, node: Node, dot: Value, scope: Scope) -> None:
        guard = node.kind == "if" and _only_fails(node.body)
        inner = dict(scope)
        self.guard += guard
        names, value = self.declared(node.source, dot, inner)
        self.look(value)
        self.guard -= guard
        if node.kind == "range":
            value = value.get(ANY)
        # Of two names in a range, the first is of the index.
        inner |= dict(zip(reversed(names), (value, NOTHING), strict=False))
        self.block(node.body, dot if node.kind == "if" else value, inner)
        outer = dict(scope)
        self.block(node.other, dot, outer)
        for name in scope:
            scope[name] = joined([scope[name], inner[name], outer[name]]) if name != "$" else scope[name]

    def action(self, source: str, dot: Value, scope: Scope) -> None:
        names, value = self.declared(source, dot, scope)
        self.look(value)
        fresh = ":=" in source
        for name in names:
            scope[name] = value if fresh else joined([scope.get(name, NOTHING), value])

    def declared(self, source: str, dot: Value, scope: Scope) -> tuple[list[str], Value]:
        """The variables that an action sets, and the value of its expression."""
        match = re.match(r"\s*(\$\w+)\s*(?:,\s*(\$\w+))?\s*:?=(?!=)", source)
        names = [name for name in match.groups() if name] if match else []
        rest = tokens(source[match.end() :] if match else source)
        value, _ = self.pipeline(rest, 0, dot, scope)
        return names, value

    def look(self, value: Value) -> None:
        marks = self.found.guarded if self.guard else self.found.touched
        marks |= {path for path in value.paths if path}
        for inner in value.inner:
            self.look(inner)

    def use(self, value: Value) -> None:
        self.look(value)
        if not self.guard:
            self.found.whole |= {path for path in value.paths if path}
        for inner in value.inner:
            self.use(inner)

    def pipeline(self, words: list[Token], at: int, dot: Value, scope: Scope) -> tuple[Value, int]:
        """The value of a pipeline, and where it ends: behind its closing parenthesis."""
        piped: list[Value] = []
        command: list[Value] = []
        name = ""
        while at <= len(words):
            token = words[at] if at < len(words) else END
            if token.kind == "sign" and token.text in "|)":
                result = self.call(name, command + piped)
                if token.text == ")":
                    return result, at + 1
                piped, command, name = [result], [], ""
                at += 1
            elif token.kind == "word" and not command and not name and token.text not in CONSTANTS:
                name = token.text
                at += 1
            else:
                value, at = self.operand(words, at, dot, scope)
                command.append(value)
        return NOTHING, at

    def operand(self, words: list[Token], at: int, dot: Value, scope: Scope) -> tuple[Value, int]:
        token = words[at]
        at += 1
        if token.text == "(":
            value, at = self.pipeline(words, at, dot, scope)
        elif token.kind == "variable":
            value = scope.get(token.text, NOTHING)
        elif token.kind == "field":
            value = dot.get(token.text[1:])
        elif token.kind == "dot":
            value = dot
        elif token.kind in ("text", "number"):
            return Value(text=token.text.strip('"`')), at
        else:
            return NOTHING, at
        while at < len(words) and words[at].kind == "field" and words[at].joined:
            value = value.get(words[at].text[1:])
            at += 1
        return value, at

    def call(self, name: str, given: list[Value]) -> Value:
        """The value of a function, after marking what it reads."""
        if not name:
            return given[0] if len(given) == 1 else NOTHING
        if name in ("include", "template"):
            return self.included(given)
        if name == "list":
            return Value(items=tuple(given))
        if name == "dict":
            pairs = zip(given[::2], given[1::2], strict=False)
            return Value(fields=tuple((key.text or ANY, value) for key, value in pairs))
        if name in ("hasKey", "get", "index", "dig", "pluck"):
            found = _looked_up(name, given)
            self.look(found)
            return found
        for value in given:
            if name in _LOOKING or name in _PLAIN:
                self.look(value)
            elif name in _SHAPES:
                self.look(value)
                self.found.shaped |= {path for path in value.paths if path}
            elif name not in _PASSING:
                self.use(value)
        if name in ("set", "unset"):
            self.use(joined(given[1:]))
            return given[0] if given else NOTHING
        return joined(given) if name in _PASSING or name in _LOOKING else NOTHING

    def included(self, given: list[Value]) -> Value:
        if not given:
            return NOTHING
        name, dot = given[0].text or "", given[1] if len(given) > 1 else NOTHING
        key = (f"{name} {bool(self.guard)}", dot)
        if name in self.defines and key not in self.seen:
            self.seen.add(key)
            self.block(self.defines[name], dot, {"$": dot})
        return NOTHING


def _looked_up(name: str, given: list[Value]) -> Value:
    """What `hasKey`, `get`, `index`, `dig` and `pluck` find."""
    if name == "dig":
        value, keys = given[-1], given[:-2]
    elif name == "pluck":
        value, keys = joined(given[1:]), given[:1]
    else:
        value, keys = given[0], given[1:]
    for key in keys:
        value = value.get(key.text if key.text is not None else ANY)
    return value

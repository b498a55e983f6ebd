"""What the templates of Cilium's chart need of single values, found without rendering them.

A template stops where it looks into a value that is null, where a function does not take null, where text
is not a duration or a version, where it requires content, and where it wants a list, or mappings in it.
Each such place counts under the conditions around it. A condition that this does not understand is left
out: it then says that the value is needed more often than it is. Places that no installation of this
library reaches are left out, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from scripts.chart_conditions import OWNED_TEXTS, asks_cluster, of_cluster, stated
from scripts.chart_expressions import (
    ALWAYS,
    NEVER,
    Conditions,
    Expression,
    both,
    either,
    expression,
    path_of,
    simplest,
)
from scripts.chart_syntax import Node, parsed
from scripts.chart_templates import ANY, NOTHING, Value, joined

#: Functions that stop at null, which is not a text, mapping or list.
_STRICT: Final = {
    *("lt", "le", "gt", "ge", "len", "semver", "trim", "trimPrefix", "trimSuffix", "trimAll", "replace"),
    *("split", "splitList", "regexMatch", "regexReplaceAll", "hasPrefix", "hasSuffix", "contains", "lower"),
    *("upper", "b64enc", "b64dec", "sha256sum", "tpl", "merge", "mergeOverwrite", "omit", "pick", "keys"),
    *("set", "unset", "fromYaml", "fromJson", "concat"),
}
#: The same for the first or the last argument.
_STRICT_AT: Final = {"index": 0, "hasKey": 0, "get": 0, "ternary": -1, "dig": -1}
#: Functions whose result is one of their arguments, with other text at most.
_PASSING: Final = {"first", "last", "deepCopy", "trimPrefix", "regexReplaceAll", "toString"}
#: One of several values, or a part of one: no condition can be told of it.
_VAGUE: Final = Value(frozenset({(ANY,)}))
_COMPARED: Final = {"eq": "=", "ne": "!="}
#: Functions whose result is true or false, and clear if their arguments are.
_JUDGES: Final = {"and", "or", "not", *_COMPARED}

Place = tuple[str, str]
"""What is needed, and the path of the value that it is needed of."""
Needs = dict[Place, Conditions]
Scope = dict[str, Value]


def needs(templates: Mapping[str, str]) -> dict[str, str]:
    """What *templates*, by file name, need: the conditions as text, by kind and path.

    The kinds are ``something``, not null; ``content``, neither null nor empty text; ``duration``, as Go
    writes it; ``version``; ``list``, or a mapping; and ``mappings``, a list of these.
    """
    trees = {name: parsed(text) for name, text in templates.items()}
    defines = {
        node.source.split('"')[1]: node.body
        for tree in trees.values()
        for node in tree
        if node.kind in ("define", "block")
    }
    walker = _Walker(defines, trees)
    root = Value(root=True)
    for name, tree in sorted(trees.items()):
        # Other files are rendered where a template asks for them.
        if name.startswith("templates/") and not name.endswith(".tpl"):
            walker.block(tree, root, {"$": root}, ALWAYS)
    return {f"{kind} {path}": _text(found) for (kind, path), found in sorted(walker.found.items()) if found}


def _text(conditions: Conditions) -> str:
    alternatives = sorted(" ".join(sorted(each)) for each in conditions)
    return " or ".join(alternatives) or "always"


@dataclass
class _Walker:
    defines: Mapping[str, list[Node]]
    files: Mapping[str, list[Node]]
    found: Needs = field(default_factory=dict)
    seen: set[tuple[str, Value, Conditions]] = field(default_factory=set)

    def block(self, nodes: list[Node], dot: Value, scope: Scope, when: Conditions) -> None:
        for node in nodes:
            if not when:
                return
            if node.kind == "action":
                self.declared(node.source, dot, scope, when)
            elif node.kind in ("if", "with", "range"):
                self.branch(node, dot, scope, when)

    def branch(self, node: Node, dot: Value, scope: Scope, when: Conditions) -> None:
        inner = dict(scope)
        names, value, tree = self.declared(node.source, dot, inner, when)
        holds, fails = self.truth(tree, dot, inner)
        if node.kind == "range":
            self.note("list", value, both(when, holds))
            value = value.get(ANY)
        # Of two names in a range, the first is of the index.
        inner |= dict(zip(reversed(names), (value, NOTHING), strict=False))
        self.block(node.body, dot if node.kind == "if" else value, inner, both(when, holds))
        outer = dict(scope)
        self.block(node.other, dot, outer, both(when, fails))
        for name in scope:
            if not scope[name] == inner[name] == outer[name]:
                scope[name] = joined([scope[name], inner[name], outer[name], _VAGUE])

    def declared(
        self, source: str, dot: Value, scope: Scope, when: Conditions
    ) -> tuple[list[str], Value, Expression]:
        """The variables that an action sets, the value of its expression, and the expression."""
        match = re.match(r"\s*(\$\w+)\s*(?:,\s*(\$\w+))?\s*:?=(?!=)", source)
        names = [name for name in match.groups() if name] if match else []
        tree = expression(source[match.end() :] if match else source)
        value = self.value(tree, dot, scope, when)
        if tree.kind == "call" and tree.name in _JUDGES:
            value = replace(value, truth=self.truth(tree, dot, scope))
        for name in names:
            scope[name] = value if ":=" in source else joined([scope.get(name, NOTHING), value, _VAGUE])
        return names, value, tree

    def value(self, tree: Expression, dot: Value, scope: Scope, when: Conditions) -> Value:
        """What *tree* may stand for, after noting what it needs; with `NEVER` nothing is noted."""
        if tree.kind == "dot":
            return dot
        if tree.kind == "variable":
            return scope.get(tree.name, NOTHING)
        if tree.kind == "text":
            return Value(text=tree.name)
        if tree.kind == "field":
            inner = self.value(tree.given[0], dot, scope, when)
            if not tree.safe:
                self.note("something", inner, when)
                entries = frozenset(path[:-1] for path in inner.paths if path[-1:] == (ANY,))
                self.note("mappings", Value(entries), when)
            return inner.get(tree.name)
        return self.call(tree, dot, scope, when) if tree.kind == "call" else NOTHING

    def call(self, tree: Expression, dot: Value, scope: Scope, when: Conditions) -> Value:
        given, under = list[Value](), when
        for each in tree.given:
            given.append(self.value(each, dot, scope, under))
            if tree.name in ("and", "or"):
                # The arguments behind are looked at only if this one does not decide.
                holds, fails = self.truth(each, dot, scope)
                under = both(under, holds if tree.name == "and" else fails)
        if tree.name == "semverCompare" and len(given) == 2:
            self.version(tree.given[1], given[1], dot, scope, when)
        self.needed(tree.name, given, when)
        if tree.name in ("include", "template") and given:
            self.included(given[0].text or "", given[-1] if len(given) > 1 else NOTHING, when)
        if tree.name == "tpl" and tree.given and tree.given[0].name == "Get" and len(given) > 1:
            self.body(tree.given[0].given[0].name, self.files, given[1], when)
        if tree.name == "list":
            return Value(items=tuple(given))
        if tree.name == "dict":
            pairs = zip(given[::2], given[1::2], strict=False)
            return Value(fields=tuple((key.text or ANY, value) for key, value in pairs))
        if tree.name == "index" and given:
            found = given[0]
            for key in given[1:]:
                found = found.get(key.text if key.text is not None else ANY)
            return found
        if tree.name in _PASSING:
            # A part of a value may be empty where the value is not; the text of null is not empty.
            return joined(given if tree.name == "deepCopy" else [*given, _VAGUE])
        return NOTHING

    def version(self, tree: Expression, value: Value, dot: Value, scope: Scope, when: Conditions) -> None:
        """Note that a version is compared, or one with a default."""
        if tree.kind == "call" and tree.name == "default":
            given = tree.given[-1]
            holds, _ = self.truth(given, dot, scope)
            self.note("version", self.value(given, dot, scope, NEVER), both(when, holds))
        else:
            self.note("version", value, when)
            self.note("something", value, when)

    def needed(self, name: str, given: list[Value], when: Conditions) -> None:
        """Note what a function needs of its arguments."""
        if name == "required" and given:
            self.note("content", given[-1], when)
        elif name in _STRICT_AT and given:
            self.note("something", given[_STRICT_AT[name]], when)
        elif name in _STRICT:
            for each in given:
                self.note("something", each, when)

    def note(self, kind: str, value: Value, when: Conditions) -> None:
        for path in value.paths:
            if not path or ANY in path or path[-1] == "AsMap":
                continue
            name = ".".join(path)
            # Of null, no statement about it or about what is in it can hold.
            reached = {each for each in when if kind != "something" or not _says(each, name)}
            if reached:
                self.found[kind, name] = either([self.found.get((kind, name), NEVER), simplest(reached)])

    def included(self, name: str, dot: Value, when: Conditions) -> None:
        if name == "validateDuration":
            self.note("duration", dot, when)
        self.body(name, self.defines, dot, when)

    def body(self, name: str, among: Mapping[str, list[Node]], dot: Value, when: Conditions) -> None:
        """Walk through another template."""
        key = (name, dot, when)
        if name in among and key not in self.seen:
            self.seen.add(key)
            self.block(among[name], dot, {"$": dot}, when)

    def truth(self, tree: Expression, dot: Value, scope: Scope) -> tuple[Conditions, Conditions]:
        """When *tree* is true, and when it is false; each `ALWAYS` where that is not clear."""
        if tree.kind == "call":
            return self.truth_of_call(tree.name, tree.given, dot, scope)
        if tree.name in ("true", "false") and tree.kind == "word":
            return (ALWAYS, NEVER) if tree.name == "true" else (NEVER, ALWAYS)
        if tree.kind == "variable" and (known := scope.get(tree.name, NOTHING).truth):
            return known
        path = self.only_path(tree, dot, scope)
        return stated(path) if path else (ALWAYS, ALWAYS)

    def truth_of_call(
        self, name: str, given: tuple[Expression, ...], dot: Value, scope: Scope
    ) -> tuple[Conditions, Conditions]:
        if name == "not" and given:
            return self.truth(given[0], dot, scope)[::-1]
        if name in ("and", "or"):
            all_hold, all_fail = ALWAYS, ALWAYS
            truths = [self.truth(each, dot, scope) for each in given]
            for holds, fails in truths:
                all_hold, all_fail = both(all_hold, holds), both(all_fail, fails)
            if name == "and":
                return all_hold, either(fails for _, fails in truths)
            return either(holds for holds, _ in truths), all_fail
        if name == "semverCompare" and len(given) == 2 and asks_cluster(given[1]):
            return of_cluster(given[0].name)
        if name in _COMPARED and len(given) == 2:
            return self.truth_of_comparison(name, given, dot, scope)
        if name == "hasKey" and len(given) == 2:
            inside = self.value(given[0], dot, scope, NEVER).get(given[1].name)
            paths = [".".join(each) for each in inside.paths if ANY not in each]
            return stated(f"?{paths[0]}") if len(paths) == 1 else (ALWAYS, ALWAYS)
        if name == "kindIs" and len(given) == 2 and given[0].name == "invalid":
            path = self.only_path(given[1], dot, scope)
            return stated(f"?{path}")[::-1] if path else (ALWAYS, ALWAYS)
        return ALWAYS, ALWAYS

    def truth_of_comparison(
        self, name: str, given: tuple[Expression, ...], dot: Value, scope: Scope
    ) -> tuple[Conditions, Conditions]:
        for one, other in (given, given[::-1]):
            if one.kind == "variable" and one.name in OWNED_TEXTS and other.kind == "text":
                same = (OWNED_TEXTS[one.name] == other.name) is (name == "eq")
                return (ALWAYS, NEVER) if same else (NEVER, ALWAYS)
            if one.name == "include" and other.name == "true" and one.given[0].kind == "text":
                inside = self.value(one.given[-1], dot, scope, NEVER)
                says, not_so = self.truth_of_text(self.defines.get(one.given[0].name, []), inside)
                return (says, not_so) if name == "eq" else (not_so, says)
            path = self.only_path(one, dot, scope)
            if path and other.kind in ("text", "word") and re.fullmatch(r"[\w.-]+", other.name):
                return stated(f"{path}{_COMPARED[name]}{other.name}")
        return ALWAYS, ALWAYS

    def truth_of_text(self, nodes: list[Node], dot: Value) -> tuple[Conditions, Conditions]:
        """When a helper's text is ``true``, and when it is not; each wider where that is not clear."""
        if len(nodes) != 1:
            return ALWAYS, ALWAYS
        (node,), scope = nodes, {"$": dot}
        if node.kind == "action":
            tree = expression(node.source)
            path = self.only_path(tree, dot, scope)
            # A value's text is "true" for the boolean and for the text alike.
            if path:
                return stated(f"{path}=true")
            # The text of `and` and `or` is that of an argument.
            return (ALWAYS, ALWAYS) if tree.name in ("and", "or") else self.truth(tree, dot, scope)
        if node.kind != "if":
            return ALWAYS, ALWAYS
        holds, fails = self.truth(expression(node.source), dot, scope)
        then, otherwise = (self.truth_of_text(each, dot) for each in (node.body, node.other))
        true, false = (
            either([both(holds, one), both(fails, other)]) for one, other in zip(then, otherwise, strict=True)
        )
        return true, false

    def only_path(self, tree: Expression, dot: Value, scope: Scope) -> str | None:
        """The path of the only value that *tree* may stand for."""
        if tree.kind == "call" and tree.name == "toString" and len(tree.given) == 1:
            tree = tree.given[0]
        if tree.kind not in ("field", "variable", "dot"):
            return None
        paths = [path for path in self.value(tree, dot, scope, NEVER).paths if path]
        return ".".join(paths[0]) if len(paths) == 1 and ANY not in paths[0] else None


def _says(condition: frozenset[str], path: str) -> bool:
    """Whether a condition says that the value at *path*, or one in it, is there or true."""
    about = {path_of(each) for each in condition if not each.startswith("!") and "!=" not in each}
    return any(each == path or each.startswith(f"{path}.") for each in about)

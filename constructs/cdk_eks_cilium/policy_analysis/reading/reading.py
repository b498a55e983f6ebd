"""Objects of files and standard input, and the policies among them, with what was left out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.policy.documents import KINDS, Document, defined_again, load_policy, objects_in
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.conversion import Conversion
from cdk_eks_cilium.policy_analysis.converting import convert_policies, is_convertible
from cdk_eks_cilium.policy_analysis.endpoint_view import endpoint_view
from cdk_eks_cilium.policy_analysis.inventories import take_inventory
from cdk_eks_cilium.policy_analysis.kubernetes import network_policy
from cdk_eks_cilium.policy_analysis.pod_makers import POD_MAKERS, pod_of
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.problems import CallError, InputError, Problem
from cdk_eks_cilium.problems.cycles import without_collections
from cdk_eks_cilium.problems.kubernetes_yaml import UnreadDocument, read_stream
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .kinds import is_judged, is_release, is_unjudged, misspelt, of_another_plugin
from .kustomizations import Kustomization, kustomization_of, kustomizations_beside
from .left_out import LeftOut, Reason
from .rendering import render
from .sources import STANDARD_INPUT_NAME, NamedText, sources

_VARIABLE: Final = re.compile(r"\$\{\w+")
_KIND: Final = re.compile(r"\bkind\b[\"']?\s*:")


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes:
        documents: The objects that answers depend on.
        left_out: Everything else.
        remarks: What kustomizations set in the objects, in words.
    """

    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...] = ()


@without_collections()
def read_sources(
    paths: Iterable[str | os.PathLike[str]], wanted: Callable[[Document], bool] = is_judged
) -> Reading:
    """Read files, folders and, as ``-``, standard input. Whatever is broken leaves the rest readable.

    Objects have the namespaces that kustomizations among the files set in them.

    Args:
        paths: The files and folders.
        wanted: Whether an object is read. By default the objects that answers depend on.

    Raises:
        CallError: For every path that cannot be read at all.
    """
    documents: list[Document] = []
    left_out: list[LeftOut] = []
    unreadable: list[Problem] = []
    kustomizations: list[Kustomization] = []
    files: list[str] = []
    named: list[str] = []
    for source in sources(paths):
        files.append(source.name)
        named += [source.name] if source.named and source.name != STANDARD_INPUT_NAME else []
        if source.problem is None:
            for each in _sorted(source, kustomizations, wanted):
                (documents if isinstance(each, Document) else left_out).append(each)  # type: ignore[arg-type]
        elif source.named:
            unreadable.append(source.problem)
        else:
            left_out.append(_unread(source.name, source.problem))
    if unreadable:
        raise CallError(unreadable)
    patches = {path for one in kustomizations for path in one.patch_files()}
    patched = {name: Path(name).resolve() in patches for name in {each.file for each in documents}}
    left_out += [_of(each, "patch") for each in documents if patched[each.file]]
    kept = [each for each in documents if not patched[each.file]]
    rendered = render(kept, kustomizations, list(kustomizations_beside(named)), files)
    # Each kustomization is told once.
    told = {each.where for each in rendered.left_out}
    others = [each for each in left_out if each.where not in told or each.problem]
    return Reading(rendered.documents, (*others, *rendered.left_out), rendered.remarks)


@without_collections()
def read_policies(
    documents: Iterable[Document], version: CiliumVersion, *, lenient: bool = False
) -> tuple[list[Policy], list[LeftOut]]:
    """The policies among some objects, and the policies that are wrong; arguments as in `read_written`."""
    found, left_out = read_written(documents, version, lenient=lenient)
    return [policy for policy, _ in found], left_out


def read_written(
    documents: Iterable[Document], version: CiliumVersion, *, lenient: bool = False
) -> tuple[list[tuple[Policy, Document]], list[LeftOut]]:
    """The policies among some objects, as a release enforces them and as written, and what is wrong.

    Args:
        documents: The objects.
        version: The release of Cilium.
        lenient: Whether to keep policies that the release refuses.
    """
    makers: dict[str, Callable[[Document], Policy]] = {
        **dict.fromkeys(KINDS, lambda document: load_policy(document, None if lenient else version)),
        "NetworkPolicy": lambda document: endpoint_view(network_policy(document), version),
    }
    policies: list[tuple[Policy, Document]] = []
    left_out: list[LeftOut] = []
    seen: dict[tuple[Any, ...], Document] = {}
    for document in documents:
        make = makers.get(document.kind)
        if make is None:
            continue
        if repeated := _repeated(document, seen):
            left_out.append(repeated)
            continue
        try:
            policies.append((make(document), document))
        except InputError as error:
            left_out += _refused(document, error)
        else:
            # A policy that is wrong does not keep another one of its name out.
            seen[_key_of(document)] = document
    return policies, left_out


def read_conversions(
    documents: Iterable[Document], version: CiliumVersion | None = None
) -> tuple[list[Conversion[Policy]], list[LeftOut]]:
    """The policies of other kinds in terms that Cilium enforces, and the ones that cannot be written so."""
    found: list[Conversion[Policy]] = []
    left_out: list[LeftOut] = []
    for document in documents:
        try:
            found += convert_policies([document], version)
        except InputError as error:
            left_out += _refused(document, error)
    return found, left_out


@without_collections()
def read_inventory(documents: Iterable[Document], cluster_name: str) -> tuple[Inventory, list[LeftOut]]:
    """What objects say of a cluster, and the objects that are wrong or have ended."""
    taken = take_inventory(documents, cluster_name)
    left_out = [
        *(
            _of(document, "template") if _has_variable(problem) else _of(document, "unread", problem)
            for document, problem in taken.problems
        ),
        *(_of(document, "finished") for document in taken.ended),
        *(_of(document, "same again") for document in taken.repeated),
        *(_of(document, "not judged") for document in taken.unclear),
    ]
    return taken.inventory, left_out


def _sorted(
    source: NamedText, kustomizations: list[Kustomization], wanted: Callable[[Document], bool]
) -> Iterator[Document | LeftOut]:
    """The objects in a text that answers depend on, and everything else in it; adds its *kustomizations*."""
    stream = read_stream(source.text, source.name)
    for broken in stream.unread:
        yield _broken(source, broken)
    for each in stream.read:
        if kustomization := kustomization_of(each.value, source.name, each.line):
            kustomizations.append(kustomization)
        for found in objects_in(each.value, each.line, source.text, source.name):
            yield (
                _judged(found, wanted)
                if isinstance(found, Document)
                else _not_an_object(source.name, each, found)
            )


def _judged(document: Document, wanted: Callable[[Document], bool]) -> Document | LeftOut:
    if wanted(document):
        return _of(document, "template") if _is_template(document) else document
    if is_convertible(document):
        return _of(document, "not enforced")
    if plugin := of_another_plugin(document):
        return replace(_of(document, "other plugin"), detail=(plugin,))
    if problem := misspelt(document):
        return _of(document, "unread", problem)
    if is_release(document):
        return _of(document, "not rendered")
    return _of(document, "not judged" if is_unjudged(document) else "other kind")


def _not_an_object(name: str, document: Any, problem: Problem) -> LeftOut:
    value = document.value
    # Somebody forgot the kind, or the document is of another program.
    fields = set(value) & {"apiVersion", "metadata", "spec"} if isinstance(value, Mapping) else set()
    if len(fields) > 1 or (isinstance(value, Mapping) and "kind" in value and "items" in value):
        return _unread(name, problem)
    return LeftOut(name, f"{name} line {document.line}", "not an object")


def _broken(source: NamedText, broken: UnreadDocument) -> LeftOut:
    where = f"{source.name} line {broken.line}"
    if "{{" in broken.text or "{%" in broken.text:
        return LeftOut(source.name, where, "template")
    # An object has a kind. In a folder there is also YAML, and JSON with comments, of other programs.
    if not source.named and not _KIND.search(broken.text):
        return LeftOut(source.name, where, "not an object")
    return _unread(source.name, broken.problem)


def _refused(document: Document, error: InputError) -> list[LeftOut]:
    return [_of(document, "unread", problem) for problem in error.problems]


def _has_variable(problem: Problem) -> bool:
    """Whether a problem is about a value with a variable."""
    return _VARIABLE.search(f"{problem.rule} {problem.got}") is not None


def _is_template(document: Document) -> bool:
    """Whether an object is a template that nobody rendered, though its text is valid YAML.

    A variable is one that Flux replaces after Kustomize. Variables also stand in scripts of containers, so of
    pods only names and labels count.
    https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
    """
    metadata = _mapping(document.data.get("metadata"))
    names = [metadata.get(key) for key in ("name", "namespace")]
    if any("{{" in str(each) for each in names):
        return True
    if document.kind in POD_MAKERS or document.kind == "Pod":
        template = _mapping(_pod_metadata(document))
        meant = [*names, metadata.get("labels"), template.get("labels")]
    else:
        spec = _mapping(document.data.get("spec"))
        rest = {key: value for key, value in spec.items() if key != "description"}
        meant = [*names, metadata.get("labels"), rest, document.data.get("specs")]
    return any(map(_has_variables, meant))


def _pod_metadata(document: Document) -> Any:
    try:
        return pod_of(document).get("metadata")
    except AttributeError:
        # The object is invalid, and is refused with a reason.
        return None


def _has_variables(value: Any) -> bool:
    """Whether a variable stands in a text, or somewhere in a list or a mapping."""
    if isinstance(value, str):
        return _VARIABLE.search(value) is not None
    if isinstance(value, Mapping):
        return any(_has_variables(key) or _has_variables(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_has_variables, value))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _key_of(document: Document) -> tuple[str, str, str]:
    """Kind, namespace and name of an object."""
    metadata = document.data.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    return document.kind, str(named.get("namespace") or "default"), str(named.get("name", ""))


def _repeated(document: Document, seen: Mapping[tuple[Any, ...], Document]) -> LeftOut | None:
    """What to leave out of a policy if *seen* has one with the same name."""
    key = _key_of(document)
    other = seen.get(key)
    # The API server gives each object without a name another one.
    if other is None or not key[-1]:
        return None
    if other.data.get("spec") == document.data.get("spec") and other.data.get("specs") == document.data.get(
        "specs"
    ):
        return _of(document, "same again")
    fix = f"{other.file} line {other.line} has another policy of this name, which counts"
    return _of(document, "unread", defined_again(document, fix))


def _unread(name: str, problem: Problem) -> LeftOut:
    return LeftOut(name, problem.where, "unread", problem=problem)


def _of(document: Document, reason: Reason, problem: Problem | None = None) -> LeftOut:
    return LeftOut(document.file, document.where, reason, document.kind, problem)

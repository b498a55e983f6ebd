"""Which endpoints and nodes: label selectors."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, field_validator, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_label_key, is_label_value

from .part import PolicyPart, Text

_KEY_FIX: Final = "write 'app', 'example.com/app' or, with its source, 'k8s:app'"
_VALUE_FIX: Final = "use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"

NAMESPACE_LABELS: Final = "io.cilium.k8s.namespace.labels."
"""What Cilium puts before the keys of a namespace's labels (`PodNamespaceMetaLabelsPrefix`)."""


@lru_cache(maxsize=1 << 14)  # keys repeat in most policies
def _is_key(key: str) -> bool:
    """Whether some release takes a key: `IsValidCiliumLabelKey` in Cilium's ``pkg/labels/validation.go``."""
    source, _, name = key.rpartition(":")
    return ":" not in source and is_label_key(name.removeprefix(NAMESPACE_LABELS))


Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]


class Requirement(PolicyPart):
    """A label expression: a key, an operator and its values."""

    key: Text
    operator: Operator
    values: tuple[Text, ...] | None = None

    @field_validator("key")
    @classmethod
    def _a_key(cls, key: str) -> str:
        if not _is_key(key):
            raise refusal("must be a valid label key", _KEY_FIX, id="CEK5048")
        return key

    @field_validator("values")
    @classmethod
    def _label_values(cls, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        # Agents refuse the policy, or in early releases choose nothing (`EndpointSelector.Sanitize` in
        # `pkg/policy/api/selector.go`, and before it `metav1.LabelSelectorAsSelector`).
        for value in values or ():
            if not is_label_value(value):
                raise refusal(f"must list valid label values, got {value!r}", _VALUE_FIX, id="CEK5121")
        return values

    @model_validator(mode="after")
    def _values_as_the_operator_wants(self) -> Self:
        if self.operator in ("In", "NotIn") and not self.values:
            raise refusal(
                f"must list values for the operator {self.operator}", "add them under values", id="CEK5049"
            )
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise refusal(
                f"takes no values with the operator {self.operator}",
                "leave values out, or use In or NotIn",
                id="CEK5050",
            )
        return self


class LabelSelector(PolicyPart):
    """Labels and expressions that must all hold. An empty selector matches everything.

    A key may carry the source of its label: ``k8s:app``, ``reserved:host``. Without a source it
    matches a label of any source.
    """

    match_labels: dict[Text, Text] | None = None
    match_expressions: tuple[Requirement, ...] | None = None

    @field_validator("match_labels")
    @classmethod
    def _label_values(cls, labels: dict[str, str] | None) -> dict[str, str] | None:
        for key, value in (labels or {}).items():
            if not _is_key(key):
                raise refusal(f"must have valid label keys, got {key!r}", _KEY_FIX, id="CEK5051")
            if not is_label_value(value):
                raise refusal(
                    f"must have valid label values, got {value!r} for {key!r}", _VALUE_FIX, id="CEK5052"
                )
        return labels

    @classmethod
    def of(cls, **labels: str) -> Self:
        """A selector of labels whose keys are Python names: ``LabelSelector.of(app="web")``."""
        return cls(match_labels=labels)

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not self.match_labels and not self.match_expressions

    @property
    def keys(self) -> frozenset[str]:
        """The keys, as they are written."""
        return frozenset(self.match_labels or ()) | {one.key for one in self.match_expressions or ()}


def _check_keys(selector: LabelSelector) -> LabelSelector:
    for key in sorted(selector.keys):
        # The API server knows no sources (`ValidateLabelSelector` in Kubernetes'
        # `apimachinery/pkg/apis/meta/v1/validation`), and agents put their own before each key.
        if not is_label_key(key):
            raise refusal(
                f"must have keys of Kubernetes' labels, got {key!r}",
                "write 'app' or 'example.com/app', without a source",
                id="CEK5140",
            )
    return selector


KubernetesSelector = Annotated[LabelSelector, AfterValidator(_check_keys)]
"""A selector of an object of Kubernetes itself, whose keys have no source."""

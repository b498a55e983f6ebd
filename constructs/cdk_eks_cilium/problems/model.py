"""The base of everything typed: settings, values, policies."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from .problem import InputError
from .wording import Dialect, Written, problems_of, unwritten


class Model(BaseModel):
    """A value object: frozen, closed to unknown names, and strict: invalid data raises an `InputError`.

    The error lists everything that is wrong, at every depth. A validator raises
    `cdk_eks_cilium.problems.refusal`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    dialect: ClassVar[Dialect] = Dialect()
    """The words of the errors, where this class is the outermost."""

    def __init__(self, /, **data: Any) -> None:
        """Make an object from its fields.

        Raises:
            InputError: For everything that is wrong with the fields.
        """
        __tracebackhide__ = True
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _refused(type(self), error, f"{type(self).__name__}.") from None

    # With this mark, pydantic builds nested objects without calling `__init__`, as it does for its own base
    # class, and collects their errors in one error. Without the mark the errors would be the same, since an
    # InputError is a ValueError, but every nested object would be built more slowly.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Make an object from plain data; the errors name the class first.

        Raises:
            InputError: For everything that is wrong with the data.
        """
        return cls.read(obj, f"{cls.__name__}.", **options)

    @classmethod
    def read(cls, data: Any, prefix: str = "", *, written: Written = unwritten, **options: Any) -> Self:
        """Make an object from plain data, such as the content of a file.

        Args:
            data: Mappings, lists, text, numbers, true, false and null.
            prefix: The text before each place in the errors, such as a file and an object in it.
            written: How the file writes a value, for the fixes of errors.
            options: The options of pydantic's ``model_validate``.

        Raises:
            InputError: For everything that is wrong with the data.
        """
        try:
            return super().model_validate(data, **options)
        except ValidationError as error:
            raise _refused(cls, error, prefix, written) from None


def _refused(
    model: type[Model], error: ValidationError, prefix: str, written: Written = unwritten
) -> InputError:
    return InputError(problems_of(error, model, model.dialect, prefix, written))

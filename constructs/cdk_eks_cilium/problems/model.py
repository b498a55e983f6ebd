"""The base of everything typed: settings, values, policies."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from .problem import InputError
from .wording import Dialect, problems_of


class Model(BaseModel):
    """A value object: it cannot change, knows no other names than its own, and refuses with an `InputError`.

    Whatever is wrong with the data is said at once, however deep it is. A validator refuses with
    `cdk_eks_cilium.problems.refusal`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    dialect: ClassVar[Dialect] = Dialect()
    """How the errors name things, when this class is the outermost."""

    def __init__(self, /, **data: Any) -> None:
        """Make one of its fields.

        Raises:
            InputError: For everything wrong with them.
        """
        __tracebackhide__ = True
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _refused(type(self), error, f"{type(self).__name__}.") from None

    # With this mark, pydantic builds parts of a whole without calling `__init__`, as it does for its own
    # base: their errors then come together in the error of the whole. Without the mark all would still be
    # said, since an InputError is a ValueError, but every part would be built more slowly.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Make one of plain data; the errors name the class first.

        Raises:
            InputError: For everything wrong with the data.
        """
        return cls.read(obj, f"{cls.__name__}.", **options)

    @classmethod
    def read(cls, data: Any, prefix: str = "", **options: Any) -> Self:
        """Make one of plain data that comes from elsewhere.

        Args:
            data: Mappings, lists, text, numbers, true, false and null.
            prefix: What goes before each place in the errors, such as a file and an object in it.
            options: Those of pydantic's ``model_validate``.

        Raises:
            InputError: For everything wrong with the data.
        """
        try:
            return super().model_validate(data, **options)
        except ValidationError as error:
            raise _refused(cls, error, prefix) from None


def _refused(model: type[Model], error: ValidationError, prefix: str) -> InputError:
    return InputError(problems_of(error, model, model.dialect, prefix))

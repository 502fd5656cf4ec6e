"""A value that nobody sees by accident."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A value that shows itself only when asked by ``reveal``: not printed, not formatted, not pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself; for signing, for delivery and for redaction, nothing else."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied")

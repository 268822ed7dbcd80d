"""Arrays that kernels hand on without counting who holds them."""

from __future__ import annotations

from typing import Any, TypeVar

from numba.core import cgutils
from numba.extending import intrinsic

Array = TypeVar("Array")


@intrinsic
def borrowed(_: Any, array: Any) -> Any:
    """The same array without a reference to its memory's owner, for use inside kernels only.

    Counting references at every call of a small function takes longer than the function. The caller of the kernel
    holds the array, so nothing is lost.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, args[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        return view._getvalue()

    return array(array), generate

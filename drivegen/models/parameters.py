"""Counting parameters, and loading tensors with messages that name the one that does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from drivegen.core.errors import DataError


def count_parameters(module: nn.Module, *, trainable_only: bool = False) -> int:
    """Number of parameters of a module (buffers not counted; shared ones counted once)."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)


def load_tensors(module: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copy tensors into a module, each by name, none missing and none left over.

    Values are converted to the module's own floating type, so fp16 files load into fp32 modules.

    Raises:
        DataError: a tensor is missing, unknown, of another shape, or not finite; the first such tensor is named.
    """
    own = module.state_dict()
    for name in own:
        if name not in tensors:
            raise DataError("tensor is missing", where=f"{where}: {name}", expected=_shape(own[name]))
    for name, value in tensors.items():
        if name not in own:
            raise DataError("unknown tensor", where=f"{where}: {name}", got=_shape(value))
        if value.shape != own[name].shape:
            raise DataError(
                "tensor has another shape",
                where=f"{where}: {name}",
                expected=_shape(own[name]),
                got=_shape(value),
                remedy="use weights made for this configuration",
            )
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise DataError("tensor is not finite", where=f"{where}: {name}", remedy="train the model again")
    module.load_state_dict(dict(tensors), strict=True)


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))

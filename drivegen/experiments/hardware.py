"""What an experiment ran on, without names of machines or people."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path

import torch


def hardware() -> dict[str, str]:
    """Processor, cores that this process may use, accelerators, and the versions that decide results."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    packages = ("drivegen", "torch", "diffusers", "pytorch-lightning")
    return {
        "processor": f"{_processor()}, {cores} cores",
        "accelerator": ", ".join(names) or "none",
        "versions": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages),
    }


def _processor() -> str:
    """The processor's model name where the system tells it, else its kind."""
    file = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", file.read_text(), flags=re.MULTILINE) if file.is_file() else None
    return " ".join(found.group(1).split()) if found else platform.machine() or "unknown"

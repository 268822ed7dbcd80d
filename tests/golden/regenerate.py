"""Write the frozen answers of tests/golden: `python tests/golden/regenerate.py`.

Run it only when an answer is meant to change, and say in the commit why it did.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import Boxes3D, derive_seed, forward_camera, project_boxes, stream

FOLDER = Path(__file__).parent
DECIMALS = 9


def projection() -> dict[str, Any]:
    """Five boxes on a road as a front camera sees them: near, behind another, cut by the edge, around it, behind it."""
    camera = forward_camera("CAM_FRONT", (128, 256), 1.2, height_m=1.6, pitch_rad=0.02)
    centers = np.array([[12.0, -1.5, 0.8], [30.0, -1.0, 1.5], [8.0, 5.5, 0.9], [1.0, -2.0, 0.8], [-15.0, 0.0, 0.8]])
    sizes = np.array([[4.5, 1.9, 1.6], [9.0, 2.5, 3.0], [0.7, 0.7, 1.8], [4.5, 1.9, 1.6], [4.5, 1.9, 1.6]])
    half_yaw = np.array([0.1, 0.0, 1.0, 0.05, 0.0])
    zero = np.zeros(5)
    rotations = np.stack([np.cos(half_yaw), zero, zero, np.sin(half_yaw)], axis=1)
    boxes = Boxes3D(centers, sizes, rotations, np.zeros((5, 3)))
    result = project_boxes(boxes.transformed(camera.ego_from_camera.inverse()), camera)
    return {
        "amodal_px": rounded(result.amodal_px),
        "visible_px": rounded(result.visible_px),
        "visible_fraction": rounded(result.visible_fraction),
        "depth_m": rounded(result.depth_m),
        "in_image": result.in_image.tolist(),
    }


def seeds() -> dict[str, Any]:
    """Named streams: published datasets are made again from these."""
    names: list[tuple[str | int, ...]] = [(), ("world", 0), ("noise", "clip", 3)]
    return {
        "derive_seed": {"/".join(map(str, n)): [derive_seed(s, *n) for s in (0, 1)] for n in names},
        "uniform": rounded(stream(0, "world", 0).uniform(size=4)),
    }


def rounded(values: np.ndarray) -> Any:
    """Nested lists; None where a value is NaN, which JSON lacks."""
    if values.ndim:
        return [rounded(value) for value in values]
    return None if np.isnan(values) else round(float(values), DECIMALS)


ANSWERS = {"projection": projection, "seeds": seeds}


def main() -> None:
    """Write every answer."""
    for name, answer in ANSWERS.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(answer(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

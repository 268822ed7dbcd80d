"""The columns of the store, declared once: name, type, unit, meaning. `docs/schema.md` is generated from here.

Every column is nullable in Arrow (Hugging Face refuses others). Geometry is float64, so that labels read back
project to the same pixels. Names end in their unit; poses are named result-from-source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

# Raised whenever a column changes its name, type or meaning, or goes; datasets/store_columns.json is frozen against it,
# and `versions` says how the rows of earlier versions are read.
SCHEMA_VERSION = 2

TableName = Literal["clips", "frames", "objects"]
TABLES: tuple[TableName, ...] = ("clips", "frames", "objects")

CONVENTIONS = (
    "Frames of reference: global; ego (x forward, y left, z up, origin on the ground); camera (x right, y down, "
    "z forward); image (pixels, origin at the top-left corner of the top-left pixel, whose centre is 0.5, 0.5). "
    "A pose result_from_source maps points of source into result: rotation quaternion (qw, qx, qy, qz), then "
    "translation (x_m, y_m, z_m). Sizes are length (x), width (y), height (z) of the box. Units are in the names: "
    "_m metres, _px pixels, _s seconds, _us integer microseconds, _mps metres per second. Images are RGB."
)

STRING, BOOL, INT32, INT64, FLOAT = pa.string(), pa.bool_(), pa.int32(), pa.int64(), pa.float64()
STRINGS = pa.list_(pa.field("element", STRING))
# The Arrow type of Hugging Face's Image and Video features, field order included.
MEDIA = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
SCORES = pa.list_(pa.field("element", pa.struct([pa.field("name", STRING), pa.field("value", FLOAT)])))


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: its name, unit included.
        type: its Arrow type.
        meaning: one line for people.
        unit: unit of its values; empty where it has none.
        key: a string of few different values, dictionary-coded on disk.
        media: the Hugging Face feature of a MEDIA column (Image or Video).
        nullable: whether a row may lack it; the meaning says when.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    key: bool = False
    media: str = ""
    nullable: bool = False


def _key(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, STRING, meaning, key=True, nullable=nullable)


def _pose(name: str, meaning: str) -> list[Column]:
    """Seven columns: translation in metres and unit quaternion."""
    shifts = [Column(f"{name}_{axis}_m", FLOAT, f"{meaning}: translation along {axis}", "m") for axis in "xyz"]
    turns = [Column(f"{name}_q{axis}", FLOAT, f"{meaning}: quaternion component {axis}") for axis in "wxyz"]
    return shifts + turns


def _rectangle(name: str, meaning: str, nullable: bool = False) -> list[Column]:
    edges = (("x_min", "left"), ("y_min", "top"), ("x_max", "right"), ("y_max", "bottom"))
    return [
        Column(f"{name}_{edge}_px", FLOAT, f"{meaning}: {side} edge", "px", nullable=nullable) for edge, side in edges
    ]


_CLIP_ID = _key("clip_id", "The clip: one camera of one scenario")
_SCENARIO_ID = _key("scenario_id", "The scenario it shows; the clips of a rig share it")
_CAMERA = _key("camera", "Camera name")
_FRAME_INDEX = Column("frame_index", INT32, "Place of the frame in its clip, from 0")
_TIMESTAMP = Column("timestamp_us", INT64, "When the frame was taken", "us")
_WEATHER = _key("weather", "clear, cloudy, rain, snow or fog; null when unknown", nullable=True)
_TIME_OF_DAY = _key("time_of_day", "day, dusk or night; null when unknown", nullable=True)
_LABELLED = Column("labelled", BOOL, "False: made without boxes, so that an empty object list means nothing")
_SIZE = [
    Column("width_px", INT32, "Image width", "px"),
    Column("height_px", INT32, "Image height", "px"),
]

CLIPS: tuple[Column, ...] = (
    _CLIP_ID,
    _SCENARIO_ID,
    _CAMERA,
    _key("split", "Split of the dataset"),
    _WEATHER,
    _TIME_OF_DAY,
    Column("crowdedness", FLOAT, "Mean number of visible road users per frame (of the scenario, where unlabelled)"),
    _key("crowdedness_level", "empty, sparse, moderate or crowded"),
    _key("weather_requested", "What was asked for; null when nothing was", nullable=True),
    _key("time_of_day_requested", "What was asked for; null when nothing was", nullable=True),
    _key("crowdedness_requested", "What was asked for; null when nothing was", nullable=True),
    _key("weather_achieved", "What the audit sees; null when it does not tell", nullable=True),
    _key("time_of_day_achieved", "What the audit sees; null when it does not tell", nullable=True),
    Column(
        "crowdedness_achieved",
        FLOAT,
        "Mean number of visible road users per frame that the audit sees; null when it does not tell",
        nullable=True,
    ),
    _key("frame_kind", "Who made the pixels: rendered, recorded or generated"),
    Column("is_synthetic", BOOL, "Whether the pixels were made by a program (rendered or generated)"),
    _LABELLED,
    _key("generator", "What made the frames, such as reference or video_ldm"),
    _key("model_id", "Name of the model folder; null for reference frames", nullable=True),
    _key("model_sha256", "Hash of the model's weights; null for reference frames", nullable=True),
    _key("config_hash", "Hash of the settings that decide the clip's bytes; null when unknown", nullable=True),
    Column("seed", INT64, "Seed of the frames: the request's, or, of a clip that was remade, that of the attempt kept"),
    _key("layout_source", "Where the scenario comes from; null when unknown", nullable=True),
    _key("license", "Licence of the scenario's source; null when unknown", nullable=True),
    Column("num_frames", INT32, "Frames of the clip"),
    Column("fps", FLOAT, "Frames per second"),
    Column("duration_s", FLOAT, "num_frames / fps", "s"),
    *_SIZE,
    Column("num_tracks", INT32, "Different objects that appear in the clip"),
    Column("num_objects_mean", FLOAT, "Mean number of objects per frame"),
    _key("auditor", "Audit that ran; none when none did"),
    Column("qc_pass", BOOL, "Whether the audit finds the clip fit for training; null: not judged", nullable=True),
    Column("qc_reasons", STRINGS, "Why it does not: names of the checks that failed, in their order; else empty"),
    Column("qc_scores", SCORES, "Named measures of the audit, in the order of their names"),
    Column("qc_attempts", INT32, "How often the clip was made until one was kept: 1 when the first was"),
    Column(
        "nearest_training_clip",
        STRING,
        "Id of the training clip that it looks most like; null when nothing was compared",
        nullable=True,
    ),
    Column("poster", MEDIA, "The first frame", media="Image"),
    Column("video", MEDIA, "Optional video file, by path; null when none was written", media="Video", nullable=True),
)

# What is known of one object of one frame: fields of `frames.objects`, and columns of `objects` behind the keys.
OBJECT: tuple[Column, ...] = (
    Column("track_id", STRING, "The object; the same for the whole drive", key=True),
    _key("category", "One of the ten nuScenes detection classes"),
    Column("category_id", INT32, "Place of the category in core.CATEGORIES"),
    _key("attribute", "nuScenes attribute, such as vehicle.moving; null when unknown", nullable=True),
    _key("body", "Name of the body shape; null when unknown", nullable=True),
    *(Column(f"center_{axis}_m", FLOAT, f"Box centre along {axis}, ego frame", "m") for axis in "xyz"),
    Column("length_m", FLOAT, "Box length, along its heading", "m"),
    Column("width_m", FLOAT, "Box width", "m"),
    Column("height_m", FLOAT, "Box height", "m"),
    *(Column(f"q{axis}", FLOAT, f"ego_from_object quaternion component {axis}") for axis in "wxyz"),
    *(Column(f"velocity_{axis}_mps", FLOAT, f"Velocity along {axis}, ego axes", "m/s") for axis in "xyz"),
    *_rectangle("amodal", "Whole box, beyond the image's edge and behind others"),
    *_rectangle("visible", "Part in the image and not hidden by anything; null when wholly hidden", nullable=True),
    Column("visible_fraction", FLOAT, "Visible area over the whole object's area, 0 to 1"),
    Column("depth_m", FLOAT, "Distance of the centre along the optical axis", "m"),
    Column("height_base_px", FLOAT, "Height of the amodal box in the image, at the label policy's base size", "px"),
    Column("written", BOOL, "In the image within the policy's distance; true for every row"),
    Column("conditioned", BOOL, "Tall and visible enough for the models to be told of it"),
    Column("scored", BOOL, "Tall and visible enough for a detector to be scored on it"),
    *(
        Column(f"appearance_{c}", FLOAT, f"Paint colour, {c} in [0, 1]; null when unknown", nullable=True)
        for c in ("red", "green", "blue")
    ),
    Column(
        "qc_iou",
        FLOAT,
        "Overlap of the visible box with the audit's best detection, intersection over union; null when not judged",
        nullable=True,
    ),
    Column(
        "qc_detected", BOOL, "Whether the audit found it; null when not judged (only scored ones are)", nullable=True
    ),
    Column(
        "qc_class_agrees",
        BOOL,
        "Whether what was found there is of its category; null when not judged or nothing was found surely",
        nullable=True,
    ),
)

OBJECTS: tuple[Column, ...] = (_CLIP_ID, _SCENARIO_ID, _CAMERA, _FRAME_INDEX, _TIMESTAMP, *OBJECT)

FRAMES: tuple[Column, ...] = (
    _CLIP_ID,
    _SCENARIO_ID,
    _CAMERA,
    _FRAME_INDEX,
    Column("segment_index", INT32, "Which row group of its clip the frame lies in, from 0"),
    _TIMESTAMP,
    _WEATHER,
    _TIME_OF_DAY,
    _LABELLED,
    Column("image", MEDIA, "The frame, PNG or JPEG", media="Image"),
    *(Column(f"{name}_px", FLOAT, "Pinhole intrinsics of the stored image", "px") for name in ("fx", "fy", "cx", "cy")),
    *_SIZE,
    *_pose("ego_from_camera", "Where the camera sits on the vehicle"),
    *_pose("global_from_ego", "Where the vehicle is"),
    Column("num_objects", INT32, "Objects of the frame"),
    Column(
        "visibility_measured",
        BOOL,
        "Whether visible parts were measured in a renderer's instance mask; false (or null, in older stores): they "
        "are what nearer boxes leave of a box",
        nullable=True,
    ),
    Column(
        "objects",
        pa.list_(pa.field("element", pa.struct([pa.field(c.name, c.type) for c in OBJECT]))),
        "The frame's objects, nearest first; equal to its rows of the objects table",
    ),
)

COLUMNS: dict[TableName, tuple[Column, ...]] = {"clips": CLIPS, "frames": FRAMES, "objects": OBJECTS}


def column_list() -> dict[str, object]:
    """What is frozen in datasets/store_columns.json: the version, and each table's columns and types."""
    tables = {name: {c.name: str(c.type) for c in columns} for name, columns in COLUMNS.items()}
    return {"schema_version": SCHEMA_VERSION, "tables": tables}

"""What the user asks the sampler for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from drivegen.audit import AuditConfig
from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.core.crowdedness import Crowdedness, CrowdednessLevels
from drivegen.core.errors import ConfigError
from drivegen.core.labels import LabelPolicy
from drivegen.generation.sampler import SamplerConfig
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.store import StoreConfig
from drivegen.world.config import MAX_DURATION_S

Choice = TypeVar("Choice")

# (h, w) of reference frames where nothing was asked.
REFERENCE_SIZE = (64, 128)


@dataclass(frozen=True)
class SampleAuditConfig(AuditConfig):
    """Which auditor runs, its thresholds, and what becomes of the clips that it rejects."""

    retry: int = 0
    """How many times a rejected clip is made again, each time with another seed; the first that passes is kept, else
    the one with the fewest reasons."""
    rejected: Literal["keep", "drop"] = "keep"
    """What becomes of a clip that is still rejected: keep writes it with its reasons, drop leaves it out."""

    def __post_init__(self) -> None:
        if self.retry < 0:
            raise ConfigError("out of range", where="retry", expected=">= 0", got=self.retry)
        if self.kind == "none" and (self.retry or self.rejected == "drop"):
            raise ConfigError("kind=none rejects nothing", where="kind", remedy="set it to frames or perception")
        if self.perception.predictions is not None:
            raise ConfigError(
                "nobody has seen the clips yet",
                where="perception.predictions",
                got=self.perception.predictions,
                remedy="sample first, then drivegen audit store=... audit.perception.predictions=...",
            )


@dataclass(frozen=True)
class ClipConfig:
    """How long clips are, in seconds rather than in frames."""

    length_s: float | None = None
    """Takes the place of `frames`: length_s * fps of them. Minutes are made as seconds are, call after call, and in no
    more memory."""

    def __post_init__(self) -> None:
        # Written so that NaN is out of range, too.
        if self.length_s is not None and not self.length_s > 0:
            raise ConfigError("out of range", where="length_s", expected="more than 0 seconds", got=self.length_s)


@dataclass(frozen=True)
class SampleConfig:
    """A dataset to be made: how many clips of what, by which generator, into which folder."""

    clips: int = 6
    """Clip i depends on the seed and i alone: asking for more later extends the dataset."""
    seed: int = 0
    frames: int = 8
    """Frames per clip; more than the video model's own number extends the clip from its two newest frames."""
    fps: float = 3.0
    clip: ClipConfig = field(default_factory=ClipConfig)
    interpolate: Literal[0, 1, 2] = 0
    """How many times the rate of the key frames is multiplied by 4: key frames are made at fps / 4^interpolate, and
    `frames` and `fps` are those of the finished clip, such as frames=29 fps=12 interpolate=1."""
    upsample: bool = False
    """Enlarge the finished frames with the model's upsampler."""
    futures: int = 1
    """How many clips go on from each first frame, each with noise of its own."""
    start_frame: Path | None = None
    """A picture that every clip begins with, in place of the image model's first frame. Nobody knows where its objects
    are, so the clips are conditioned on motion and on what was asked for alone, and are marked unlabelled."""
    scenarios: Literal["world", "nuscenes", "file"] = "world"
    """Where the layouts come from: the embedded world, nuScenes roots (`root`), or pinned ones (`file`)."""
    generator: Literal["video_ldm", "image_ldm", "reference"] = "video_ldm"
    """Who makes the frames: the video model, the image model alone (frames independent of one another), or nobody:
    reference frames are rendered or recorded, as a perfect generator would give them."""
    weather: tuple[Weather, ...] | Weather | None = None
    """One or several, which the clips then cover evenly; None takes what the scenario brings."""
    time_of_day: tuple[TimeOfDay, ...] | TimeOfDay | None = None
    crowdedness: tuple[Crowdedness, ...] | Crowdedness | None = None
    labels: Literal["boxes", "none"] = "boxes"
    """none: conditioned on weather, time of day and crowdedness alone; the clips are marked unlabelled."""
    root: Path | None = None
    """For scenarios=nuscenes: a nuScenes root or a folder of roots."""
    version: str | None = None
    """Version folder of the roots; None takes the only one there."""
    split: str | None = None
    """Split of the roots' splits.json; None takes every scene."""
    file: Path | None = None
    """For scenarios=file: a catalogue of pinned scenarios."""
    camera: tuple[str, ...] | str | None = None
    """Cameras; None takes the world's front camera, or every camera of the roots."""
    image_size: tuple[int, int] | None = None
    """(h, w) of the frames; None takes the model's, or 64 x 128 for reference frames."""
    model: Path | None = None
    """Model folder; None takes the one that ships with the package."""
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    upsampling: UpsamplingConfig = field(default_factory=UpsamplingConfig)
    batch: int = 3
    """Clips computed together; part of what decides the bytes, so the last batch is padded."""
    threads: int | None = None
    """Compute threads; None takes every core. The same number gives the same bytes."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    audit: SampleAuditConfig = field(default_factory=SampleAuditConfig)
    label_policy: LabelPolicy = field(default_factory=LabelPolicy)
    crowdedness_levels: CrowdednessLevels = field(default_factory=CrowdednessLevels)
    store: StoreConfig = field(default_factory=StoreConfig)
    sheet_clips: int = 6
    """Clips on the contact sheet."""
    out: Path = Path("out/sample")

    def __post_init__(self) -> None:
        for name in ("clips", "frames", "futures", "batch", "sheet_clips"):
            _at_least_one(name, getattr(self, name))
        if self.threads is not None:
            _at_least_one("threads", self.threads)
        if not 0.01 <= self.fps <= 1000.0:
            raise ConfigError("out of range", where="fps", expected="0.01 to 1000 frames per second", got=self.fps)
        if self.image_size is not None and min(self.image_size) < 8:
            raise ConfigError("image is too small", where="image_size", expected=">= 8 px", got=self.image_size)
        for name in ("weather", "time_of_day", "crowdedness", "camera"):
            if getattr(self, name) == ():
                raise ConfigError("empty list", where=name, expected="at least one value, or null")
        if self.generator == "reference" and self.model is not None:
            raise ConfigError(
                "generator=reference does not read it",
                where="model",
                got=self.model,
                remedy="set generator=video_ldm or image_ldm",
            )
        if not isinstance(self.audit, SampleAuditConfig):
            got = type(self.audit).__name__
            raise ConfigError("wrong type", where="audit", expected="SampleAuditConfig", got=got)
        if self.generator == "reference" and self.audit.retry:
            raise ConfigError(
                "reference frames are the same at every attempt",
                where="audit.retry",
                expected=0,
                got=self.audit.retry,
            )
        self._check_length()
        self._check_chain()
        self._check_source("nuscenes", "root", "the folder of a nuScenes root, such as root=data/nuscenes")
        self._check_source("file", "file", "a catalogue, such as file=datasets/catalogues/first_look.json")

    def _check_length(self) -> None:
        """The embedded world's scenes are long, but not endless."""
        seconds = self.num_frames / self.fps
        if self.scenarios != "nuscenes" and seconds > MAX_DURATION_S:
            raise ConfigError(
                "clips are longer than a scene of the world",
                where="frames" if self.clip.length_s is None else "clip.length_s",
                expected=f"at most {MAX_DURATION_S:g} s",
                got=f"{seconds:g} s",
            )

    def _check_chain(self) -> None:
        """What only the models can do is not asked of anybody else."""
        video = {
            "interpolate": self.interpolate > 0,
            "futures": self.futures > 1,
            "start_frame": self.start_frame is not None,
        }
        asked = [name for name, wanted in video.items() if wanted and self.generator != "video_ldm"]
        if self.upsample and self.generator == "reference":
            asked.append("upsample")
        if asked:
            raise ConfigError(
                f"generator={self.generator} does not do it",
                where=asked[0],
                got=getattr(self, asked[0]),
                remedy="set generator=video_ldm",
            )
        if self.start_frame is not None and not self.start_frame.is_file():
            raise ConfigError(
                "no such file", where="start_frame", expected="a JPEG or PNG picture", got=self.start_frame
            )

    def _check_source(self, scenarios: str, name: str, expected: str) -> None:
        """A source's path is there exactly when the source is chosen."""
        path: Path | None = getattr(self, name)
        if self.scenarios != scenarios:
            if path is not None:
                raise ConfigError(
                    f"scenarios={self.scenarios} does not read it",
                    where=name,
                    got=path,
                    remedy=f"set scenarios={scenarios}",
                )
            return
        if path is None:
            raise ConfigError(f"scenarios={scenarios} needs it", where=name, expected=expected)
        if not path.exists():
            raise ConfigError("no such file or folder", where=name, expected=expected, got=path)

    @property
    def num_frames(self) -> int:
        """Frames of each clip."""
        return self.frames if self.clip.length_s is None else max(1, round(self.clip.length_s * self.fps))

    @property
    def labelled(self) -> bool:
        """Whether the frames are made to follow the boxes of their scenarios."""
        return self.labels == "boxes" and self.start_frame is None

    @property
    def weathers(self) -> tuple[Weather | None, ...]:
        """The asked weathers; (None,) where nothing was asked."""
        return _choices(self.weather, Weather)

    @property
    def times_of_day(self) -> tuple[TimeOfDay | None, ...]:
        """The asked times of day; (None,) where nothing was asked."""
        return _choices(self.time_of_day, TimeOfDay)

    @property
    def levels(self) -> tuple[Crowdedness | None, ...]:
        """The asked levels of crowdedness; (None,) where nothing was asked."""
        return _choices(self.crowdedness, Crowdedness)

    @property
    def cameras(self) -> tuple[str, ...] | None:
        """The asked cameras; None where nothing was asked."""
        return (self.camera,) if isinstance(self.camera, str) else self.camera


def _choices(value: Sequence[Choice] | Choice | None, kind: type[Choice]) -> tuple[Choice | None, ...]:
    # An enum of strings is itself a sequence, so the single value is told by its type.
    if value is None or isinstance(value, kind):
        return (value,)
    return tuple(value)  # type: ignore[arg-type]


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise ConfigError("too few", where=name, expected=">= 1", got=value)

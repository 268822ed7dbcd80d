"""What `drivegen train` can be told: one dataclass per stage, and what the stages share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from drivegen.conditions import DropoutConfig
from drivegen.core import ConfigError
from drivegen.data import DataConfig
from drivegen.diffusion import TrainingNoise
from drivegen.models import GAP_FRAMES, AutoencoderConfig, ImageLDMConfig, ScheduleInfo, TemporalConfig
from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.decoder_config import DecoderStage
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.optim_config import OptimConfig
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.upsampler_config import UpsamplerStage

Stage = Literal["autoencoder", "image", "video", "perception", "decoder", "interpolation", "upsampler"]


@dataclass(frozen=True)
class AutoencoderStage:
    """Images to latents and back: L1, edges at several scales, and a light pull on the latents."""

    net: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=16, lr=1e-3, ema_decay=0.998))
    edge_weight: float = 1.0
    """Weight of the L1 of horizontal and vertical differences, averaged over `edge_scales`."""
    edge_scales: tuple[int, ...] = (1, 2, 4)
    kl_weight: float = 1e-5
    """Weight of the divergence from a unit Gaussian, mean over latent values (regulariser kl)."""
    commitment_weight: float = 0.25
    """Weight of the mean squared distance of latents from their codes (regulariser vq)."""
    perceptual_weight: float = 0.0
    """Weight of the distance of features (of fixed random convolutions, which need no download)."""
    adversarial: AdversarialConfig = field(default_factory=AdversarialConfig)
    flip: bool = True
    """Mirror half of the images."""
    freeze_encoder: bool = False
    """Train the decoder alone: latents stay as they are, and with them the models that were trained on them."""
    max_frames: int = 40_000
    """Frames of the training set, spread evenly over it; bounds the cache."""


@dataclass(frozen=True)
class ImageStage:
    """Single frames from their conditions."""

    net: ImageLDMConfig = field(default_factory=ImageLDMConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=32, lr=5e-4))
    dropout: DropoutConfig = field(default_factory=DropoutConfig)
    schedule: ScheduleInfo | None = None
    """Noise schedule that the model is trained with from now on, such as image.schedule={kind: flow} (then with
    image.net.prediction_type=flow_prediction) or {zero_terminal_snr: true}; None: the folder's, for a fresh model the
    paper's."""
    noise: TrainingNoise = field(default_factory=TrainingNoise)
    text: bool = True
    """With public_image_ldm: a prompt of weather, time of day and crowdedness through the folder's text encoder, where
    it has one, feeds the UNet beside our tokens."""

    def __post_init__(self) -> None:
        if self.net.text is not None:
            raise ConfigError("prompts come with a public model", where="net.text", remedy="set public_image_ldm")


@dataclass(frozen=True)
class VideoStage:
    """Temporal layers over the frozen image model (paper, section 3.1 and table 6)."""

    net: TemporalConfig = field(default_factory=TemporalConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=4, lr=5e-4))
    dropout: DropoutConfig = field(default_factory=DropoutConfig)
    noise: TrainingNoise = field(default_factory=TrainingNoise)
    context_probabilities: tuple[float, ...] = (0.2, 0.5, 0.3)
    """Probabilities of 0, 1, 2, ... known first frames (p_S of the paper, which does not state its values)."""
    train: Literal["temporal", "all"] = "temporal"
    """temporal: the image model stays frozen (paper). all: every weight is trained, as Stable Video Diffusion does; the
    model folder then holds that image model, which also draws single frames and first frames: `image_loss_weight`
    decides how well it still does. Interpolation that was trained on the old one is dropped."""
    image_loss_weight: float = 0.3
    """train=all: weight of the loss of one frame of each clip drawn without temporal layers. 0 trains on motion alone:
    what generator=image_ldm and the first frame of a clip then look like is left to chance."""
    interpolation_probability: float = 0.0
    """Share of each batch that is clips of `interpolation.regimes` with both ends known, so that one set of temporal
    layers serves prediction and interpolation. 0: prediction alone; stage=interpolation trains another set."""

    def __post_init__(self) -> None:
        if self.image_loss_weight < 0:
            raise ConfigError("must not be negative", where="image_loss_weight", got=self.image_loss_weight)
        if not 0.0 <= self.interpolation_probability < 1.0:
            got = self.interpolation_probability
            raise ConfigError("out of range", where="interpolation_probability", expected="0 to 1, exclusive", got=got)
        if self.interpolation_probability and self.optim.batch < 2:
            raise ConfigError("no room for both tasks", where="optim.batch", expected=">= 2", got=self.optim.batch)
        total = sum(self.context_probabilities)
        if not self.context_probabilities or min(self.context_probabilities) < 0 or abs(total - 1.0) > 1e-6:
            raise ConfigError(
                "must sum to 1", where="context_probabilities", expected="probabilities", got=self.context_probabilities
            )


@dataclass(frozen=True)
class TrainConfig:
    """One training run: a stage, its data, where it starts and where it goes."""

    stage: Stage
    data: DataConfig
    out: Path
    name: str | None = None
    """Name of the model; None: that of `out`."""
    license: str | None = None
    """Licence of the weights; None: that of the data."""
    model: Path | None = None
    """Model folder to start from; its parts before this stage are kept, this stage's own is trained further.
    stage=perception: a perception folder to train further."""
    start_from: Path | None = None
    """stage=image|video: a model folder of the same shape whose weights of this stage are the start, while all before
    it comes from `model` (paper, section 3: temporal layers fit any image model of their shape)."""
    public_image_ldm: Path | None = None
    """stage=image: a public image latent diffusion pipeline in diffusers format to start from."""
    validation: DataConfig | None = None
    """Held-out data; None: the roots' split `val`, else a part of `data` that is left out of training."""
    holdout_fraction: float = 0.1
    steps: int = 20_000
    minutes: float | None = None
    """Wall-clock limit of the training itself, all runs of it together (caches are made before it starts)."""
    seed: int = 0
    resume: bool = True
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """auto measures a few steps of both and takes the faster."""
    threads: int | None = None
    """Compute threads per process; None: the cores divided by the processes."""
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: int = 1
    strategy: Literal["auto", "ddp"] = "auto"
    workers: int | None = None
    """Processes that build the caches; None: one per core."""
    cache: Path | None = None
    """Where caches are kept; None: `cache` inside `out`. Runs that share it share what they have in common."""
    sample_every: int = 1000
    """Steps between pictures of samples; 0: at the end only."""
    sample_clips: int = 4
    sample_steps: int = 20
    """Denoising steps of those pictures."""
    sample_guidance: float = 1.5
    validate_every: int = 250
    validation_batches: int = 4
    checkpoint_minutes: float = 2.0
    log_every: int = 20
    autoencoder: AutoencoderStage = field(default_factory=AutoencoderStage)
    image: ImageStage = field(default_factory=ImageStage)
    video: VideoStage = field(default_factory=VideoStage)
    perception: PerceptionStage = field(default_factory=PerceptionStage)
    decoder: DecoderStage = field(default_factory=DecoderStage)
    interpolation: InterpolationStage = field(default_factory=InterpolationStage)
    upsampler: UpsamplerStage = field(default_factory=UpsamplerStage)

    def __post_init__(self) -> None:
        for name in ("steps", "devices", "validate_every", "validation_batches", "sample_clips", "log_every"):
            if getattr(self, name) < 1:
                raise ConfigError("must be at least 1", where=name, got=getattr(self, name))
        for name in ("minutes", "checkpoint_minutes"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError("must be positive", where=name, got=value)
        if not 0 <= self.holdout_fraction < 1:
            raise ConfigError("out of range", where="holdout_fraction", expected="0 to 1", got=self.holdout_fraction)
        takes_weights = self.stage in ("image", "video") and self.public_image_ldm is None
        if self.start_from is not None and not takes_weights:
            raise ConfigError(
                "nothing to take from there",
                where="start_from",
                expected="stage=image or stage=video, without public_image_ldm",
                remedy="name a folder to train further with model=...",
            )
        if self.stage == "perception" and self.perception.enlarged is not None and self.model is None:
            raise ConfigError(
                "no net to train further",
                where="perception.enlarged",
                remedy="set model=..., or perception.net.enlarged",
            )
        starts_from_public = self.stage == "image" and self.public_image_ldm is not None
        if not self._starts_alone and self.model is None and not starts_from_public:
            raise ConfigError(
                "no model to start from",
                where="model",
                expected="a folder with the earlier stages",
                remedy="train stage=autoencoder, then image, then video, each with model=<the one before>/model",
            )

    @property
    def optim(self) -> OptimConfig:
        """The optimiser of the chosen stage."""
        stages = {
            "autoencoder": self.autoencoder.optim,
            "image": self.image.optim,
            "video": self.video.optim,
            "perception": self.perception.optim,
            "decoder": self.decoder.optim,
            "interpolation": self.interpolation.optim,
            "upsampler": self.upsampler.optim,
        }
        return stages[self.stage]

    @property
    def _starts_alone(self) -> bool:
        """Whether the stage builds on no other."""
        return self.stage in ("autoencoder", "perception")

    @property
    def clip_data(self) -> DataConfig:
        """`data` with the clips of the chosen stage: interpolation's have a length and rates of their own."""
        if self.stage != "interpolation":
            return self.data
        return replace(self.data, frames=GAP_FRAMES, stride=max(self.interpolation.regimes))

    @property
    def cache_root(self) -> Path:
        """Where caches are kept."""
        return self.cache if self.cache is not None else self.out / "cache"

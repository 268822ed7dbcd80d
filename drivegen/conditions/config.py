"""How large the conditions are."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.core import ConfigError


@dataclass(frozen=True)
class ConditionConfig:
    """Sizes of the layout raster and of the box list."""

    image_size: tuple[int, int] = (64, 128)
    """(h, w) of the frames in pixels."""
    latent_downsampling: int = 8
    """Pixels per latent cell."""
    raster_downsampling: int = 2
    """Pixels per raster cell: the layout is drawn finer than the image and area-averaged down to these cells."""
    max_boxes: int = 24
    """Box tokens per frame, nearest first; the raster shows all conditioned objects."""
    max_distance_m: float = 80.0
    """Objects whose nearest corner is farther from the camera than this do not condition."""

    def __post_init__(self) -> None:
        if min(self.latent_downsampling, self.raster_downsampling, self.max_boxes, *self.image_size) < 1:
            raise ConfigError("sizes must be at least 1", where="image_size, *_downsampling, max_boxes", got=self)
        if self.latent_downsampling % self.raster_downsampling:
            raise ConfigError(
                "the latent grid is not a multiple of the raster's",
                where="raster_downsampling",
                expected=f"a divisor of latent_downsampling={self.latent_downsampling}",
                got=self.raster_downsampling,
            )
        if any(side % self.latent_downsampling for side in self.image_size):
            raise ConfigError(
                "the image is not a whole number of latent cells",
                where="image_size",
                expected=f"multiples of latent_downsampling={self.latent_downsampling}",
                got=self.image_size,
            )
        if self.max_distance_m <= 0:
            raise ConfigError("must be positive", where="max_distance_m", got=self.max_distance_m)

    @property
    def raster_size(self) -> tuple[int, int]:
        """(h, w) of the raster."""
        return self.image_size[0] // self.raster_downsampling, self.image_size[1] // self.raster_downsampling

    @property
    def latent_size(self) -> tuple[int, int]:
        """(h, w) of the latents."""
        return self.image_size[0] // self.latent_downsampling, self.image_size[1] // self.latent_downsampling

    @property
    def unshuffle(self) -> int:
        """Raster cells per latent cell along each side: the factor of the pixel-unshuffle."""
        return self.latent_downsampling // self.raster_downsampling

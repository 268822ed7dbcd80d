"""What docs/results/video_ldm.md says of each part beside its figures: commands, and what the paper found or claims.

The paper is Blattmann et al. 2023, "Align your Latents" (arXiv 2304.08818); figures here are the paper's, of its own
data and feature networks. Ours are never typed: they come from video_ldm.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Section:
    """One numbered section of the page.

    Attributes:
        title: its heading.
        keys: the sections of the JSON file that belong to it.
        commands: what makes the models and the figures.
        paper: rows of the paper: what, its figure or claim.
        reading: how our figures are to be read beside them.
    """

    title: str
    keys: tuple[str, ...]
    commands: tuple[str, ...]
    paper: tuple[tuple[str, str], ...]
    reading: str


SECTIONS: Final = (
    Section(
        "Autoencoder and video decoder",
        ("autoencoder", "decoder"),
        (
            "drivegen train stage=autoencoder data.roots=[WORLD] out=out/d/autoencoder",
            "drivegen train stage=decoder model=out/d/video/model data.roots=[WORLD] out=out/d/decoder",
            "python tools/decoder_figures.py data=WORLD arm.frame_by_frame=out/d/video/model "
            "arm.temporal=out/d/decoder/model arm.image_discriminator=out/d/decoder_image/model",
        ),
        (
            ("reconstruction, decoder of single frames (table 3)", "FVD 390.88, FID 7.61"),
            ("reconstruction, decoder with temporal layers (table 3)", "FVD 32.94, FID 9.17"),
            ("... and an image discriminator (table 14)", "FVD 51.01, FID 9.04"),
        ),
        "What should be seen: flicker and video distance fall by a large factor with temporal layers, image distance "
        "hardly changes, and an image discriminator makes the video distance worse again.",
    ),
    Section(
        "Image LDM",
        ("image",),
        (
            "drivegen train stage=image model=out/d/autoencoder/model data.roots=[WORLD] out=out/d/image",
            "drivegen train stage=image public_image_ldm=FOLDER data.roots=[WORLD] out=out/d/public_image",
            "python tools/video_ldm_page.py model=out/d/image/model",
        ),
        (
            ("training (table 6)", "73K steps of 640 frames, lr 1e-4, v-prediction, conditions dropped at 0.1"),
            ("boxes (section 4.1.2)", "an image LDM of its own on 100k boxed frames; no figure of adherence"),
        ),
        "The paper conditions stills on boxes and videos on night and crowdedness alone. Here every frame of every "
        "clip is conditioned on boxes, layout, weather, time of day, crowdedness and camera, and each can be dropped. "
        "Public image models in diffusers' format are a start of their own, with their text encoder where there is "
        "one.",
    ),
    Section(
        "Temporal layers",
        ("temporal",),
        (
            "drivegen train stage=video model=out/d/image/model data.roots=[WORLD] data.stride=4 out=out/d/video",
            "drivegen train stage=video video.train=all model=out/d/image/model data.roots=[WORLD] data.stride=4 "
            "out=out/d/video_all",
            "python tools/video_ldm_page.py model=out/d/video/model",
        ),
        (
            ("frames of the video model with alpha = 1 (appendix I.3.2)", "FID 47.00; with temporal layers 48.26"),
            ("parameters (table 6, derived)", "about 620 M spatial, frozen; about 0.5 B temporal, trained"),
        ),
        "Closed alpha is the image model, frame by frame, and a single frame always is: "
        "`tests/unit/models/test_video_ldm.py`.",
    ),
    Section(
        "Prediction and long clips",
        ("prediction",),
        (
            "drivegen sample clips=1 clip.length_s=60 fps=12 interpolate=1 out=out/d/minute",
            "drivegen sample clips=1 clip.length_s=300 fps=12 interpolate=1 out=out/d/five_minutes",
            "drivegen sample clips=1 futures=4 start_frame=path.jpg out=out/d/futures",
        ),
        (
            ("context (section 3.2)", "0, 1 or 2 known frames; extended from the last two"),
            ("length (section 4.1)", "up to 5 minutes, judged by eye; no figure"),
            ("many futures of one frame (figure 7)", "2 per scene shown; no figure"),
        ),
        "Peak memory must not grow with the length. Clips made window by window are, bit for bit, those made by going "
        "on: `tests/unit/generation`. The picture is of `drivegen sample clips=1 batch=4 futures=4 seed=3 frames=14 "
        "'weather=[clear]' time_of_day=day`: two of four futures of one first frame.",
    ),
    Section(
        "Interpolation",
        ("interpolation",),
        (
            "drivegen train stage=interpolation model=out/d/video/model data.roots=[WORLD] out=out/d/interpolation",
            "drivegen train stage=video video.interpolation_probability=0.5 model=out/d/image/model data.roots=[WORLD] "
            "data.stride=4 out=out/d/shared",
            "python tools/interpolation_figures.py data=WORLD arm.own=out/d/interpolation/model "
            "arm.shared=out/d/shared/model",
        ),
        (
            ("regimes (section 3.3)", "1.875 to 7.5 and 7.5 to 30 fps by one set of temporal layers; no figure"),
            ("sharing (figure 5)", "prediction and interpolation share the image model, not the temporal layers"),
        ),
        "`blend` and `nearest` are what needs no model; `reconstruction` is the best that any can do.",
    ),
    Section(
        "Video-aware upsampler",
        ("upsampler",),
        (
            "drivegen train stage=upsampler upsampler.phase=image model=out/d/video/model data.roots=[WORLD] "
            "out=out/d/upsampler_image",
            "drivegen train stage=upsampler upsampler.phase=video model=out/d/upsampler_image/model "
            "data.roots=[WORLD] out=out/d/upsampler",
            "python tools/upsampler_figures.py data=WORLD arm.image=out/d/upsampler_image/model "
            "arm.video=out/d/upsampler/model",
        ),
        (
            ("image upsampler (table 3)", "FVD 165.98, FID 19.71"),
            ("video upsampler (table 3)", "FVD 45.39, FID 19.85"),
        ),
        "What should be seen: the video distance falls by a large factor at an equal image distance. The paper's is x4 "
        "at 128x256; x2 at 64x128 is the size for a few cores.",
    ),
    Section(
        "Guidance and noise",
        ("guidance", "noise"),
        (
            "python tools/guidance_figures.py work=out/d/guidance",
            "python tools/noise_figures.py work=out/d/noise arm.linear=LINEAR/model arm.zero_snr=ZERO_SNR/model "
            "arm.edm=EDM/model arm.flow=FLOW/model arm.shifted=SHIFTED/model",
        ),
        (
            ("context guidance (table 1)", "FVD 534.17 to 508.82, FID 48.26 to 54.16"),
            ("schedule (table 6)", "linear, 1000 steps, 0.0015 to 0.0195, timesteps drawn evenly; no other was tried"),
            ("shift to more noise (Stable Video Diffusion)", "P_mean from -1.2 up to 1.0 for video; no figure alone"),
        ),
        "Every scale is swept by itself; 1 is no guidance. Schedules are held to one another at equal minutes.",
    ),
    Section(
        "One recipe",
        ("recipe",),
        (
            "drivegen train recipe=release recipe.minutes=18",
            "drivegen train recipe=release_cpu recipe.minutes=90",
        ),
        (
            ("compute (tables 6 to 8)", "8 to 40 A100 per part; hours are not told"),
            ("released", "neither code nor weights nor data"),
        ),
        "Data, latents and all stages in order, each within its share of the time.",
    ),
    Section(
        "Ablation",
        ("ablation",),
        (
            "drivegen evaluate ablation=tiny ablation.data.roots=[WORLD] ablation.data.stride=4 out=out/d/ablation",
            "drivegen evaluate ablation=large ablation.data.roots=[WORLD] ablation.data.stride=4 "
            "out=out/d/ablation_large",
            "python tools/video_ldm_page.py ablation=out/d/ablation",
        ),
        (
            ("ours (table 1, right)", "FVD 534.17, FID 48.26"),
            ("with context guidance", "FVD 508.82, FID 54.16"),
            ("attention only", "FVD 704.41, FID 50.01"),
            ("end-to-end, no image model first", "FVD 1155.10, FID 71.26"),
            ("pixel space", "FVD 639.56, FID 59.70"),
        ),
        "Equal budgets and at least three seeds for every arm. Signs can be compared with the paper's, sizes cannot: "
        "the distances are of the evaluation net's features.",
    ),
)  # fmt: skip

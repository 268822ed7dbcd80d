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


_TRAIN: Final = "drivegen train precision=bf16 threads=1 data.roots=[WORLD]"
# Key frames at 3 per second, of 12.
_KEYS: Final = "data.stride=4 data.clip_stride=7"

SECTIONS: Final = (
    Section(
        "Autoencoder and video decoder",
        ("autoencoder", "decoder"),
        (
            "drivegen train precision=bf16 threads=1 data.roots=[WORLD/root-00000] stage=autoencoder "
            f"{_KEYS} autoencoder.optim.batch=8 minutes=3 out=out/d/ae/kl",
            "drivegen train ... autoencoder.net.regulariser=vq out=out/d/ae/vq",
            "drivegen train ... autoencoder.adversarial.weight=0.5 autoencoder.adversarial.from_step=300 "
            "out=out/d/ae/adversarial",
            "drivegen train ... autoencoder.perceptual_weight=0.1 out=out/d/ae/perceptual",
            "python tools/decoder_figures.py section=autoencoder data=FRESH split=none clips=96 "
            "arm.kl=out/d/ae/kl/model arm.vq=... arm.adversarial=... arm.perceptual=...",
            f"{_TRAIN} stage=decoder data.frames=6 data.clip_stride=18 decoder.adversarial.from_step=150 "
            "decoder.image_discriminator=true minutes=7.8 model=out/d/release/01-image/model out=out/d/decoder_image",
            "python tools/decoder_figures.py data=FRESH split=none clips=96 "
            "arm.frame_by_frame=out/d/release/02-video/model arm.temporal=out/d/release/04-decoder/model "
            "arm.image_discriminator=out/d/decoder_image/model",
        ),
        (
            ("reconstruction, decoder of single frames (table 3)", "FVD 390.88, FID 7.61"),
            ("reconstruction, decoder with temporal layers (table 3)", "FVD 32.94, FID 9.17"),
            ("... and an image discriminator (table 14)", "FVD 51.01, FID 9.04"),
        ),
        "What should be seen: flicker and video distance fall by a large factor with temporal layers, image distance "
        "hardly changes, and an image discriminator makes the video distance worse again. Our decoder of single frames "
        "hardly flickers to begin with, so there is less to mend. The autoencoders are compared after three minutes "
        "each on 161 scenes, from nothing: beginnings, not what any of them can become. That early plain KL is best by "
        "every measure; the opponent and the perceptual loss cost a third of the steps, and an opponent that joins "
        "while the picture is still soft teaches it crosshatching before it teaches it detail. They are for long "
        "trainings, and that they pay off there has not been shown here.",
    ),
    Section(
        "Image LDM",
        ("image",),
        (
            f"{_TRAIN} stage=image {_KEYS} model=out/d/autoencoder/model out=out/d/image",
            f"{_TRAIN} stage=image {_KEYS} public_image_ldm=FOLDER out=out/d/public_image",
            "python tools/video_ldm_page.py model=drivegen/weights/tiny",
        ),
        (
            ("training (table 6)", "73K steps of 640 frames, lr 1e-4, v-prediction, conditions dropped at 0.1"),
            ("boxes (section 4.1.2)", "an image LDM of its own on 100k boxed frames; no figure of adherence"),
        ),
        "The paper conditions stills on boxes and videos on night and crowdedness alone. Here every frame of every "
        "clip is conditioned on boxes, layout, weather, time of day, crowdedness and camera, and each can be dropped. "
        "Public image models in diffusers' format are a start of their own, with their text encoder where there is "
        "one (`tests/unit/training/test_public_start.py`). The figures are those of the last run of the weights that "
        "ship, which began with the weights before it. The picture is of scenarios of the world that were not chosen.",
    ),
    Section(
        "Temporal layers",
        ("temporal",),
        (
            f"{_TRAIN} stage=video {_KEYS} model=out/d/image/model out=out/d/video",
            f"{_TRAIN} stage=video video.train=all {_KEYS} model=out/d/image/model out=out/d/video_all",
            "python tools/video_ldm_page.py model=drivegen/weights/tiny",
            "python tools/temporal_figures.py work=out/d/temporal model=out/d/release/model clips=24",
        ),
        (
            ("frames of the video model with alpha = 1 (appendix I.3.2)", "FID 47.00; with temporal layers 48.26"),
            ("parameters (table 6, derived)", "about 620 M spatial, frozen; about 0.5 B temporal, trained"),
        ),
        "Closed alpha is the image model, frame by frame, and a single frame always is: "
        "`tests/unit/models/test_video_ldm.py`. As in the paper, temporal layers leave the distance of single frames "
        "as it was. What they are for, videos nearer to videos, is not resolved with the weights that ship: intervals "
        "of the video distance overlap widely, the vehicle's speed as the judge sees it is nearer to the truth with "
        "them, and boxes are followed less well. At three frames a second every frame is told its boxes, road and "
        "camera, so that the image model alone keeps a street together: the film strips, of two clips that were not "
        "chosen, differ little. Thirteen minutes of training are what these layers have had in the last run: they need "
        "more.",
    ),
    Section(
        "Prediction and long clips",
        ("prediction",),
        (
            "drivegen sample clips=1 clip.length_s=60 fps=12 interpolate=1 out=out/d/minute",
            "drivegen sample clips=1 clip.length_s=300 fps=12 interpolate=1 out=out/d/five_minutes",
            "drivegen sample clips=1 futures=4 start_frame=path.jpg out=out/d/futures",
            "python tools/prediction_figures.py work=out/d/prediction fps=3 interpolate=0 lengths=60,300 steps=8 "
            "scenarios=12 futures=3",
        ),
        (
            ("context (section 3.2)", "0, 1 or 2 known frames; extended from the last two"),
            ("length (section 4.1)", "up to 5 minutes, judged by eye; no figure"),
            ("many futures of one frame (figure 7)", "2 per scene shown; no figure"),
        ),
        "Peak memory is that of the whole process, with the scenario and the labels of every frame, which do grow; "
        "the models' part does not: five minutes are made in calls of eight frames. Clips made window by window are, "
        "bit for bit, those made by going on: `tests/unit/generation/test_chain.py`. Edges and contrast of the last "
        "ten seconds over those of the first say whether pictures decay; the row of the rendered clip says how far the "
        "scene itself changes. Futures differ a little in their first frame already, because the decoder looks at the "
        "frames around it; its latent is the same.",
    ),
    Section(
        "Interpolation",
        ("interpolation",),
        (
            f"{_TRAIN} stage=interpolation {_KEYS} model=out/d/release/model minutes=8 out=out/d/interpolation",
            f"{_TRAIN} stage=video {_KEYS} video.interpolation_probability=0.5 model=out/d/release/01-image/model "
            "minutes=9 out=out/d/shared",
            "python tools/interpolation_figures.py data=FRESH split=none gaps=32 clips=24 steps=12 "
            "arm.own=out/d/interpolation/model arm.shared=out/d/shared/model",
        ),
        (
            ("regimes (section 3.3)", "1.875 to 7.5 and 7.5 to 30 fps by one set of temporal layers; no figure"),
            ("sharing (figure 5)", "prediction and interpolation share the image model, not the temporal layers"),
        ),
        "`blend` and `nearest` are what needs no model; `reconstruction` is the best that any can do. `own` went on "
        "from the recipe's three minutes of interpolation, which began with the layers of prediction; `shared` has one "
        "set of temporal layers for both, in less time in all. Neither is nearer to the truth than a cross-fade yet, "
        "which shows everything twice and less sharply; they draw full detail instead, in places that are not yet "
        "exact.",
    ),
    Section(
        "Video-aware upsampler",
        ("upsampler",),
        (
            f"{_TRAIN} stage=upsampler upsampler.phase=image {_KEYS} data.frames=8 upsampler.max_frames=8000 minutes=8 "
            "model=out/d/interpolation/model out=out/d/upsampler_image",
            f"{_TRAIN} stage=upsampler upsampler.phase=video data.frames=8 data.clip_stride=28 "
            "upsampler.optim.batch=4 upsampler.optim.lr=5e-4 minutes=6 model=out/d/upsampler_image/model "
            "out=out/d/upsampler",
            "python tools/upsampler_figures.py data=FRESH split=none clips=24 precision=bf16 "
            "arm.image=out/d/upsampler_image/model arm.video=out/d/upsampler/model",
            "python tools/upsampler_figures.py data=FRESH split=none clips=24 precision=bf16 steps=1 "
            "arm.image_one_step=out/d/upsampler_image/model arm.video_one_step=out/d/upsampler/model",
        ),
        (
            ("image upsampler (table 3)", "FVD 165.98, FID 19.71"),
            ("video upsampler (table 3)", "FVD 45.39, FID 19.85"),
        ),
        "What should be seen: the video distance falls by a large factor at an equal image distance. The paper's is x4 "
        "at 128x256; x2 at 64x128 is the size for a few cores. The recipe's upsampler, and one that was trained twice "
        "as long, predicted velocities and left noise everywhere; this one, from fresh weights, predicts the residual "
        "itself (decision 11), which is the default since. With eight steps the temporal layers lower the video "
        "distance as in the paper, but the frames are grainy, and cubic enlargement, which draws no detail at all, is "
        "nearer to the truth by every measure. With one step, the default, they are clean and nearly as near; half an "
        "hour more of training each is what this part wants next.",
    ),
    Section(
        "Guidance and noise",
        ("guidance", "noise"),
        (
            "python tools/guidance_figures.py work=out/d/guidance model=out/d/release/model clips=24 "
            "terms=labels,boxes,context scales=2,4",
            "python tools/guidance_figures.py work=out/d/guidance model=out/d/release/model clips=24 "
            "terms=all scales=1.5",
            f"{_TRAIN} stage=image {_KEYS} model=AUTOENCODER image.optim.batch=16 image.optim.warmup=50 minutes=8 "
            "out=out/d/noise/linear",
            "drivegen train ... 'image.schedule={zero_terminal_snr: true}' out=out/d/noise/zero_snr",
            "drivegen train ... 'image.schedule={zero_terminal_snr: true, shift: 2}' out=out/d/noise/shifted",
            "drivegen train ... 'image.schedule={kind: edm}' out=out/d/noise/edm",
            "drivegen train ... 'image.schedule={kind: flow}' image.net.prediction_type=flow_prediction "
            "out=out/d/noise/flow",
            "python tools/noise_figures.py work=out/d/noise/clips clips=48 arm.linear=out/d/noise/linear/model "
            "arm.zero_snr=... arm.shifted=... arm.edm=... arm.flow=...",
        ),
        (
            ("context guidance (table 1)", "FVD 534.17 to 508.82, FID 48.26 to 54.16"),
            ("schedule (table 6)", "linear, 1000 steps, 0.0015 to 0.0195, timesteps drawn evenly; no other was tried"),
            ("shift to more noise (Stable Video Diffusion)", "P_mean from -1.2 up to 1.0 for video; no figure alone"),
        ),
        "Every scale is swept by itself; 1 is no guidance; `all@1.5` is the default: nearest to the reference in video "
        "distance and second in adherence to boxes, where boxes alone at 2 are first. Intervals overlap throughout. "
        "Schedules are held to one another at equal minutes on a shared machine, from fresh weights, each with the "
        "sampler of its authors: beginnings, with up to a quarter fewer steps where the machine was busier. With fewer "
        "steps than the paper's linear schedule, EDM and above all flow matching have cleaner pictures and a lower "
        "frame distance (intervals overlap), though their brightness is further off: what the release should try next. "
        "Zero terminal SNR and the shift to more noise change nothing that can be told apart here. "
        "Video distances mean little in that table: its two frames per clip are drawn independently.",
    ),
    Section(
        "One recipe",
        ("recipe", "from_scratch"),
        (
            "drivegen train recipe=release recipe.minutes=18",
            "drivegen train recipe=release_cpu recipe.minutes=90 threads=1 out=out/d/from_scratch",
            "drivegen train recipe=release_cpu recipe.minutes=85 recipe.data=roots 'data.roots=[WORLD]' stage=image "
            "model=drivegen/weights/tiny name=tiny '~recipe.steps.autoencoder' recipe.steps.image.share=0.38 "
            "recipe.steps.video.share=0.16 recipe.steps.interpolation.share=0.14 recipe.steps.decoder.share=0.14 "
            "recipe.steps.upsampler_image.share=0.09 recipe.steps.upsampler_video.share=0.09 image.optim.lr=3e-4 "
            "precision=bf16 threads=1 out=out/d/release",
            "drivegen sample model=out/d/from_scratch/model clips=6 seed=1 threads=1 out=out/d/from_scratch_sample",
            "python tools/video_ldm_page.py recipe.recipe=out/d/release/model "
            "recipe.from_scratch=out/d/from_scratch/model "
            "picture.from_scratch=out/d/from_scratch_sample/contact_sheet.png",
        ),
        (
            ("compute (tables 6 to 8)", "8 to 40 A100 per part; hours are not told"),
            ("released", "neither code nor weights nor data"),
        ),
        "Data, latents and all stages in order, each within its share of the time. The weights that ship were made by "
        "the third command: on one core, on a world that was there, from the weights that shipped before and with "
        "their autoencoder. Caches ate most of the share of interpolation, which is why it and the upsampler were "
        "trained on by hand (sections 5 and 6); the recipe has been changed since. The second command is that recipe "
        "from nothing but the package (`from_scratch`): its world, all stages and the model folder, on about one core "
        "beside other work. It draws streets, weather and light of the kind that is asked for, and of cars little "
        "more than patches: the six clips are those of one seed, not chosen. What ships has been trained for several "
        "times as long, so this was no candidate to ship. `recipe=release` wants a GPU and has not been run.",
    ),
    Section(
        "Ablation",
        ("ablation",),
        (
            "drivegen evaluate ablation=tiny ablation.data.roots=[WORLD] ablation.data.stride=4 ablation.minutes=5 "
            "ablation.precision=bf16 ablation.image.optim.batch=16 ablation.image.optim.warmup=50 "
            "ablation.video.optim.warmup=30 ablation.clips=40 ablation.sampler.num_inference_steps=10 threads=1 "
            "out=out/d/ablation",
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
        "the distances are of the evaluation net's features. After five minutes on one core every arm still draws "
        "mush, as the filmstrip shows: this says which beginnings are better, not how good any of them can become.",
    ),
)  # fmt: skip

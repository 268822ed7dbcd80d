"""Compiles every kernel once, before several processes would do so side by side."""

from __future__ import annotations

from drivegen.core import Ambience, Crowdedness, TimeOfDay, Weather
from drivegen.world.config import WorldConfig
from drivegen.world.render import render_frame
from drivegen.world.scenes import make_scene

# Between them these need everything that a picture can need.
_LOOKS = (
    Ambience(Weather.CLEAR, TimeOfDay.DAY),
    Ambience(Weather.RAIN, TimeOfDay.NIGHT),
    Ambience(Weather.SNOW, TimeOfDay.DUSK),
    Ambience(Weather.FOG, TimeOfDay.DAY),
)


def warm_up() -> None:
    """Draw a few tiny pictures; what was compiled is kept on disk, where later processes find it."""
    config = WorldConfig(duration_s=0.25, hz=8.0, size=(16, 32))
    for number, ambience in enumerate(_LOOKS):
        level = Crowdedness.CROWDED if number == 0 else None
        scene = make_scene(config, number, ambience=ambience, crowdedness=level)
        for name, camera in scene.scenario.cameras.items():
            render_frame(scene, camera, int(scene.scenario.frame_times_us[name][-1]))

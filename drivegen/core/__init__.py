"""The shared words: poses, cameras, boxes, tracks, scenarios, clips, label policy, errors, configuration, seeds.

Depends on numpy and shapely alone; reads and writes nothing.
"""

from drivegen.core.ambience import Ambience, TimeOfDay, Weather
from drivegen.core.boxes import Boxes3D
from drivegen.core.cameras import Camera, forward_camera
from drivegen.core.categories import CATEGORIES, CATEGORY_GROUPS, CATEGORY_ID, ROAD_USERS
from drivegen.core.clips import Achieved, Clip, ObjectVerdict, Requested, Verdict
from drivegen.core.config import decode, encode
from drivegen.core.crowdedness import Crowdedness, CrowdednessLevels, mean_road_users
from drivegen.core.detections import Detections, box_iou, match_greedily, without_rivals
from drivegen.core.ego_motion import ego_motion
from drivegen.core.errors import EXIT_FAILED, EXIT_USAGE, ConfigError, DataError, DrivegenError, GeometryError
from drivegen.core.labels import FrameLabels, LabelPolicy, label_frame, recamera
from drivegen.core.lanes import LightState, MapLane, TrafficLight
from drivegen.core.observations import ClipObservation, Detector, FrameObservation, Observer, label_boxes
from drivegen.core.poses import Pose, interpolate_poses
from drivegen.core.projection import Projection, project_amodal, project_boxes, silhouette
from drivegen.core.provenance import FrameKind, Provenance
from drivegen.core.road_map import LaneLine, RoadMap, Structure
from drivegen.core.scenario import Scenario
from drivegen.core.seeds import derive_seed, stream
from drivegen.core.sightings import Sightings
from drivegen.core.terrain_grid import TerrainGrid
from drivegen.core.tracks import Track, Trajectory, usual_attribute

__all__ = [
    "CATEGORIES",
    "CATEGORY_GROUPS",
    "CATEGORY_ID",
    "EXIT_FAILED",
    "EXIT_USAGE",
    "ROAD_USERS",
    "Achieved",
    "Ambience",
    "Boxes3D",
    "Camera",
    "Clip",
    "ClipObservation",
    "ConfigError",
    "Crowdedness",
    "CrowdednessLevels",
    "DataError",
    "Detections",
    "Detector",
    "DrivegenError",
    "FrameKind",
    "FrameLabels",
    "FrameObservation",
    "GeometryError",
    "LabelPolicy",
    "LaneLine",
    "LightState",
    "MapLane",
    "ObjectVerdict",
    "Observer",
    "Pose",
    "Projection",
    "Provenance",
    "Requested",
    "RoadMap",
    "Scenario",
    "Sightings",
    "Structure",
    "TerrainGrid",
    "TimeOfDay",
    "Track",
    "TrafficLight",
    "Trajectory",
    "Verdict",
    "Weather",
    "box_iou",
    "decode",
    "derive_seed",
    "ego_motion",
    "encode",
    "forward_camera",
    "interpolate_poses",
    "label_boxes",
    "label_frame",
    "match_greedily",
    "mean_road_users",
    "project_amodal",
    "project_boxes",
    "recamera",
    "silhouette",
    "stream",
    "usual_attribute",
    "without_rivals",
]

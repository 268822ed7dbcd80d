"""Boxes on frames, contact sheets, filmstrips: pictures for people, drawn with cv2."""

from drivegen.drawing.animation import write_animation
from drivegen.drawing.boxes import draw_boxes, enlarge
from drivegen.drawing.files import write_png
from drivegen.drawing.palette import CATEGORY_COLOR
from drivegen.drawing.sheets import contact_sheet, filmstrip

__all__ = ["CATEGORY_COLOR", "contact_sheet", "draw_boxes", "enlarge", "filmstrip", "write_animation", "write_png"]

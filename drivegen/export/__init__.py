"""A store as something else: videos and pictures with boxes drawn."""

from drivegen.export.export import FORMATS, export_store

__all__ = ["FORMATS", "export_store"]

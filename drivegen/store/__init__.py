"""Clips as a folder of Parquet: writer, reader, verification, dataset card."""

from drivegen.store.config import StoreConfig
from drivegen.store.dataset import StoreDataset
from drivegen.store.manifest import Manifest, config_hash, read_manifest
from drivegen.store.reader import StoreReader
from drivegen.store.verify import Problem, verify_store
from drivegen.store.writer import StoreWriter

__all__ = [
    "Manifest",
    "Problem",
    "StoreConfig",
    "StoreDataset",
    "StoreReader",
    "StoreWriter",
    "config_hash",
    "read_manifest",
    "verify_store",
]

"""Hydra configuration files; installed as the package `drivegen.conf`."""

"""The `drivegen` command. The only package that imports Hydra and OmegaConf."""

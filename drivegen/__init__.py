"""drivegen: annotated and audited driving clips from scenarios."""

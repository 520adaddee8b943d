"""The portrait world: procedural portraits with exact labels, depth and counterfactuals."""

"""The portrait world: procedural portraits with exact labels, depth and counterfactuals, the ground truth of the demo set."""

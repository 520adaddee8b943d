"""People with real anatomy: rendered portraits with exact labels, depth, landmarks and counterfactuals."""

"""Network architectures of the blending steps, in the layout of the public checkpoints."""

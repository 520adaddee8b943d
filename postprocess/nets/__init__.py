"""Network architectures of the blending steps, laid out like the public checkpoints that they load."""

"""Network architectures: StyleGAN2 generator, encoders, attribute predictor."""

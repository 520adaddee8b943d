"""From a portrait to its latent: objective, optimisation, pivotal tuning."""

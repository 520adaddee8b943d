"""Latent directions: settings, extraction, calibration, storage."""

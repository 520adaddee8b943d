"""Latent directions: extraction and calibration."""

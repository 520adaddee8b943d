"""Tests of the adversarial training."""

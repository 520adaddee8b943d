"""Architectures of the generators and encoders."""

"""Shared by every package: data types, errors, files, images, attributes, declared weights."""

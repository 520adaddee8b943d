"""Shared by every command over a folder: inputs, folder and lock, manifest, I/O queue, runner."""

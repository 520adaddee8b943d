"""Photographs: read and write, metadata, face detection, aligned crops, paste-back."""

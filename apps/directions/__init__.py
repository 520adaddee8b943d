"""`face-edit directions`: extraction, calibration, import and display of translations, and directions of one's own."""

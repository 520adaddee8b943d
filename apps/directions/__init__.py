"""`face-edit directions`: extraction, calibration, import and display of translations."""

"""`run-pipeline`: a folder of portraits or photographs, every edit of each, with a report."""

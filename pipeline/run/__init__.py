"""`run-pipeline`: edits of a folder of portraits or photographs, with a report."""

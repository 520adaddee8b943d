"""Editor state without widgets: sliders, edits, open documents, project files."""

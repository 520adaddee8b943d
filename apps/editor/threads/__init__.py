"""Work outside the GUI thread: import, inversion, rendering."""

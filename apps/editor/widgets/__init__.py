"""Widgets of the window: they show the state of the session and call its intentions, without state of their own."""

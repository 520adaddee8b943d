"""Widgets of the window: stateless views that show the session and call its methods."""

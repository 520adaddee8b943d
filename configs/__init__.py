"""Configuration files as package data; read them through `importlib.resources.files("configs")`."""

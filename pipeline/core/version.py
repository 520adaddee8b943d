"""Version of the installed package, stored in images and run folders."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """Version such as "0.1.0"; "unknown" in a checkout that is not installed."""
    try:
        return version("gan-face-editing")
    except PackageNotFoundError:
        return "unknown"

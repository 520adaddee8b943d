"""The version of the installed package, as pictures and run folders note it."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """Such as "0.1.0"; "unknown" in a checkout that was never installed."""
    try:
        return version("gan-face-editing")
    except PackageNotFoundError:
        return "unknown"

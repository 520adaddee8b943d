"""Command `face-edit editor`: portrait editing with sliders, in a window.

Qt is imported inside functions: `--help` works without it, and a missing library is reported as NoScreen.
"""

import argparse
import ctypes
import sys
from os import environ
from pathlib import Path

from apps.console import add_settings, command_parser
from pipeline.core.errors import NoScreen

EPILOG = """\
examples:
  face-edit editor
  face-edit editor anna.png portraits
  face-edit editor portraits --models ffhq-stylegan2
  face-edit editor work.faceedit

opens a window with the photos and portraits of files and folders, or with a project that was saved in it; without any,
with sample portraits. Latents are found in the background and kept for the next time. F1 shows the keys.
"""
LIBRARIES = (
    "libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)
INSTALL = f"on Debian or Ubuntu run `sudo apt-get install {LIBRARIES}`."


def main(argv: list[str]) -> int:
    """Run the editor until its window is closed; NoScreen without a display or a library of the system."""
    arguments = _parser().parse_args(argv)
    check_screen()
    from apps.editor.app import run

    return run(arguments)


def check_screen() -> None:
    """Raise NoScreen where Qt would abort the process: without a display or a library of the system."""
    try:
        from PyQt6 import QtCore, QtWidgets  # noqa: F401 (loads the graphics libraries of the system)

        if sys.platform != "linux" or environ.get("QT_QPA_PLATFORM", "xcb") != "xcb" or environ.get("WAYLAND_DISPLAY"):
            return
        if not environ.get("DISPLAY"):
            raise NoScreen("No display was found: start the editor from a desktop, or with `ssh -X`.")
        plugins = QtCore.QLibraryInfo.path(QtCore.QLibraryInfo.LibraryPath.PluginsPath)
        ctypes.CDLL(f"{plugins}/platforms/libqxcb.so")
    except (ImportError, OSError) as error:
        raise NoScreen(f"The editor needs system libraries ({error}): {INSTALL}") from error
    if not _can_connect():
        raise NoScreen(f"The display {environ['DISPLAY']} does not answer: start from a desktop, or with `ssh -X`.")


def _can_connect() -> bool:
    """Whether the X server of DISPLAY accepts a connection."""
    xcb = ctypes.CDLL("libxcb.so.1")  # already loaded with the platform plugin
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("editor", "Edit portraits with sliders in a window.", EPILOG)
    parser.add_argument(
        "photos", nargs="*", type=Path, metavar="PHOTO", help="files, folders or one project (default: samples)"
    )
    add_settings(parser)
    return parser

"""`face-edit editor`: sliders on a face, in a window.

Nothing here imports Qt: `--help` answers without it, and what is missing of it becomes one sentence.
"""

import argparse
import ctypes
import os
import sys
from pathlib import Path

from pipeline.core.errors import NoScreen

EPILOG = """\
examples:
  face-edit editor
  face-edit editor anna.png portraits
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
    """Show the window until it is closed; NoScreen where none can be shown."""
    arguments = _parser().parse_args(argv)
    check_screen()
    from apps.editor.app import run

    return run(arguments)


def check_screen() -> None:
    """NoScreen, in one sentence, where Qt would end the process with an error of the loader or an abort."""
    try:
        from PyQt6 import QtCore, QtWidgets  # noqa: F401 (loads the graphics libraries of the system)
    except ImportError as error:
        raise NoScreen(f"The editor needs libraries of the system ({error}): {INSTALL}") from error
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    if not os.environ.get("DISPLAY"):
        raise NoScreen("There is no screen to show the editor on: start it from a desktop, or with `ssh -X`.")
    plugins = QtCore.QLibraryInfo.path(QtCore.QLibraryInfo.LibraryPath.PluginsPath)
    try:
        ctypes.CDLL(f"{plugins}/platforms/libqxcb.so")
    except OSError as error:
        raise NoScreen(f"The editor needs libraries of the system ({error}): {INSTALL}") from error
    if not _answers():
        raise NoScreen(
            f"The screen {os.environ['DISPLAY']} does not answer: start it from a desktop, or with `ssh -X`."
        )


def _answers() -> bool:
    """Whether the X server of DISPLAY lets us in."""
    xcb = ctypes.CDLL("libxcb.so.1")  # the platform plugin has it loaded
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit editor",
        description="Edit portraits with sliders in a window.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "photos", nargs="*", type=Path, metavar="PHOTO", help="files, folders or one project (default: samples)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file with settings that differ")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting: models=demo")
    return parser

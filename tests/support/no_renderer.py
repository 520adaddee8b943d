"""An installation without the extra `world`: code of a fresh process after this line finds no renderer of people."""

BLOCK = "import sys; sys.modules['numba'] = sys.modules['embreex'] = None\n"

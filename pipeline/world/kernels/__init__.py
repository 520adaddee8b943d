"""The loops that numpy cannot do, compiled by numba."""

"""The data an installation starts with: the procedure, ready to be edited in the admin (R01).

This package is the only place that carries the names of the service for which the procedure was written.
"""

from config.defaults.install import load

__all__ = ["load"]

"""Figures that the documentation quotes, measured on the reader's own machine: ``python -m benchmarks``."""

"""Tests that take their time: real processes are started, killed and counted. ``make test-slow`` runs them."""

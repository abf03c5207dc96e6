"""What the tests stand on: plugins, servers to talk to, a browser. Registered in tests/conftest.py."""

"""What tests of and with Cordboard stand on: conformance suites for plugins, and a board to try things on."""

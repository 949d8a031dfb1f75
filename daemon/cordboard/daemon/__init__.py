"""The daemon: HTTP API, carriers' door, web desk, command line and configuration file around one engine."""

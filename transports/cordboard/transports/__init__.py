"""The carriers' side: one transport for each provider, and what they share in `base`."""

"""The HTTP API under `/v1`, and the three pages that machines read: `/healthz`, `/readyz`, `/metrics`."""

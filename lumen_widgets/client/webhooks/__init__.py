"""Webhooks: the service's calls are received, verified, and each leads to one status request."""

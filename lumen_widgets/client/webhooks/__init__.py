"""Calls of the service: asked for, received, verified, and taken for the hints that they are."""

"""Repaints made exact: what a model was not asked to change stays as it was, bit for bit."""

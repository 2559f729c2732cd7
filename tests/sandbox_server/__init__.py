"""The sandbox's server: what it answers, charges, keeps and survives."""

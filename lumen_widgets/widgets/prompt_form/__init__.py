"""The prompt form: every field of a call, and a submit that never blocks."""

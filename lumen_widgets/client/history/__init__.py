"""The journal as an option of the client: written, reused, and taken up again."""

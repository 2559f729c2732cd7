"""What follows tasks to their end: whom to ask, when, and in which order."""

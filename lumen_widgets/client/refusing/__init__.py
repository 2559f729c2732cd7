"""What refuses a call before anything else is done: a check of one's own, and ``LUMEN_USE``."""

"""What refuses a call before all else: a check of one's own, ``LUMEN_USE``, marked words."""

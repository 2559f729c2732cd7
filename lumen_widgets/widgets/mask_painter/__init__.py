"""The mask painter: a mask that is painted by hand and by code alike."""

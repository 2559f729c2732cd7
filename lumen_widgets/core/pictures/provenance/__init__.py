"""How a picture was made: written into a copy of its file, and read out of any file."""

"""A lesson: tasks and their pictures in one file, which answers the same requests again."""

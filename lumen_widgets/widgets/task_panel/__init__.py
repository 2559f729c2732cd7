"""The task panel: one row for each task, kept up to date while the tasks run."""

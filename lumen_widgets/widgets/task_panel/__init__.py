"""The task panel: one row a task, kept up to date while the tasks run."""

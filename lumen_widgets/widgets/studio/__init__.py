"""The Studio: the form, its results, painter, gallery and tasks on one surface."""

"""Prefect flows. Remove the decorators and the code still works."""

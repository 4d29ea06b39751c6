"""Contracts of the input tables: what must hold of them before anything is published."""

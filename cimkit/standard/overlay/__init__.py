"""Packages on packages: what a chain of them says together, and which edition governs."""

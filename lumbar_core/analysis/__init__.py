"""The stages of one analysis, each joining the steps that must not know each other."""

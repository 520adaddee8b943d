"""Inversion of a portrait: objective, optimisation, pivotal tuning."""

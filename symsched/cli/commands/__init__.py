"""A module for every command."""

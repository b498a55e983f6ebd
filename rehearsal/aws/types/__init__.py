"""Handlers of AWS types; a module of this folder is found without being named anywhere."""

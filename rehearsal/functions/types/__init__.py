"""Handlers of the types that run code; a module of this folder is found without being named anywhere."""

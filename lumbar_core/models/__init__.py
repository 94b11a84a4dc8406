"""The model packs that ship with the program."""

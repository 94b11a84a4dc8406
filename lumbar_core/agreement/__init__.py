"""The agreement room: how far readers, the same reader twice, and the program agree (docs/AGREEMENT.md)."""

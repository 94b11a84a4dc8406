"""What only the frozen program needs: its first lines, and the licences that travel with it."""

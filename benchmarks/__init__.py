"""The budgets, measured: `python -m benchmarks [NAME…]` prints one line each."""

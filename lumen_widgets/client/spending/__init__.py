"""What is spent: prices of models, and a budget."""

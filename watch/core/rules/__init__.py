"""The rule language: terms, items, the set they make, and what is wrong with them."""

//! The rules of the house, checked: see `tests/`.

"""pytest hooks and options. Importing it loads neither an EVM nor a compiler."""

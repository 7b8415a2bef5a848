"""What the vault's templates are given: values of use cases in the words and order of a page."""

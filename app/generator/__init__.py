"""Passwords that the server makes: what a field may ask for, what is made, and how strong it is.

rule    the frozen rule that a field declares, and what a person chooses within it
making  one value by a choice, from the system's random source, and its bits
words   the word lists, one a language, from an installed package
"""

from app.generator.rule import PASSWORD, TOKEN, Generator

__all__ = ["PASSWORD", "TOKEN", "Generator"]

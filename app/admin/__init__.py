"""The admin centre: the areas that active systems offer to those who may."""

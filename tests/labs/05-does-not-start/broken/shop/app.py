"""A shop that somebody saved in the middle of a line."""

from servicekit import create_app

app = create_app("shop"

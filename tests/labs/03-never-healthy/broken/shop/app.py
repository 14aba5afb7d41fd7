"""A shop that listens, but nobody ever gets an answer from its /health."""

from flask import Flask

app = Flask("shop")

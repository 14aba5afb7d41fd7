# as right as before
from flask import Response
from servicekit import create_app

app = create_app("shop")


@app.get("/orders")
def orders() -> Response:
    return app.json.response(taken=True)

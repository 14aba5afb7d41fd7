"""How does a service of the lab start: which routes, logs and error answers does each one have?"""

from __future__ import annotations

import os
import time

from flask import Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from werkzeug.exceptions import HTTPException

from servicekit.logs import log_as_json

REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "Time to answer a request.", ["route"])


def create_app(name: str) -> Flask:
    """A Flask application with /health, /metrics, JSON logs, and errors answered as JSON."""
    log_as_json(name)
    app = Flask(name, root_path="/app", static_folder=None)
    app.add_url_rule("/health", view_func=health)
    app.add_url_rule("/metrics", view_func=metrics)
    app.before_request(_start_clock)
    app.after_request(_count)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_crash)
    return app


def health() -> Response:
    """The process takes requests; says nothing about the stores behind it. X-Worker tells one process from the next."""
    answer = jsonify(status="ok")
    answer.headers["X-Worker"] = str(os.getpid())
    return answer


def metrics() -> Response:
    """The figures of this process as Prometheus text."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _start_clock() -> None:
    g.started = time.monotonic()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    REQUESTS.labels(request.method, route, response.status_code).inc()
    SECONDS.labels(route).observe(time.monotonic() - g.started)
    return response


def _answer_http_error(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.name, detail=error.description), error.code or 500


def _answer_crash(error: Exception) -> tuple[Response, int]:
    current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return jsonify(error="Internal Server Error", detail=type(error).__name__), 500

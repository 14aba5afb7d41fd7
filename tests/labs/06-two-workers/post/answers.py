"""Takes connections at a second port."""

import socketserver


def main() -> None:
    with socketserver.ThreadingTCPServer(("0.0.0.0", 9000), socketserver.BaseRequestHandler) as server:  # noqa: S104
        server.serve_forever()

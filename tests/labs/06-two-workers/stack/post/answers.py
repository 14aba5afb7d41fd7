"""Takes connections at two ports, and says at which."""

import socketserver
import threading


class Desk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(str(self.server.server_address[1]).encode())


def serve(port: int) -> None:
    with socketserver.ThreadingTCPServer(("0.0.0.0", port), Desk) as server:  # noqa: S104
        server.serve_forever()


def main() -> None:
    threading.Thread(target=serve, args=(9001,), daemon=True).start()
    serve(9000)

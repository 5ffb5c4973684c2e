"""Stands between a caller and a server and counts the bytes that pass: shows what is compressed."""

import socket
import threading


class Relay:
    """Forwards connections to a port of this machine; counts what the caller sent and received."""

    def __init__(self, port):
        self.sent = 0
        self.received = 0
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)

    def _start(self, work, *args):
        threading.Thread(target=work, args=args, daemon=True).start()

    def _accept(self):
        while True:
            caller, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._to))
            self._start(self._pump, caller, server, "sent")
            self._start(self._pump, server, caller, "received")

    def _pump(self, source, sink, counter):
        try:
            while data := source.recv(65536):
                # With one connection each counter has one writer.
                setattr(self, counter, getattr(self, counter) + len(data))
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            sink.close()

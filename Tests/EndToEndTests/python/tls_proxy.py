"""A proxy that speaks TLS before a desk, and says for whom, as nginx does: tls_proxy.py CERTIFICATE KEY PORT. Prints its own port.
Only for the tests: one request has to come in one piece."""

import socket
import ssl
import sys
import threading

certificate, key, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)


def pour(source, sink, change):
    try:
        while data := source.recv(65536):
            sink.sendall(change(data))
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(raw):
    try:
        client = context.wrap_socket(raw, server_side=True)
        desk = socket.create_connection(("127.0.0.1", port))
    except OSError:
        raw.close()
        return
    forwarded = b" HTTP/1.1\r\nX-Forwarded-For: 10.0.0.9\r\n"
    threading.Thread(target=pour, args=(desk, client, lambda data: data), daemon=True).start()
    pour(client, desk, lambda data: data.replace(b" HTTP/1.1\r\n", forwarded, 1))


while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()

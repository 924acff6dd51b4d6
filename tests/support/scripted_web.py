"""Web servers on loopback whose pages a check sets, and changes while it runs."""

import http.server
import threading


class ScriptedWeb:
    """A context: servers on 127.0.0.1 to 127.0.0.HOSTS, at one port. Remembers what it was asked for, and the forms that
    it was sent, all of which it takes."""

    def __init__(self, hosts):
        web = self
        self.pages, self.requests, self.posts = {}, [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.requests.append((self.server.server_address[0], self.path, dict(self.headers)))
                status, headers, body = web.pages.get((self.server.server_address[0], self.path), (404, {}, ""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_POST(self):
                web.posts.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.servers = []
        for host in range(1, hosts + 1):
            port = self.servers[0].server_address[1] if self.servers else 0
            self.servers.append(http.server.ThreadingHTTPServer((f"127.0.0.{host}", port), Handler))

    def __enter__(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def url(self, host, path):
        return f"http://127.0.0.{host}:{self.servers[0].server_address[1]}{path}"

    def page(self, host, path, body="", status=200, **headers):
        """Sets the page, and returns its URL. Names of headers have _ for -."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[f"127.0.0.{host}", path] = status, fields, body
        return self.url(host, path)

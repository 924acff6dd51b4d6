"""feedwired with sample feeds on loopback, for checks in Python."""

import http.client
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds, on a busy machine


class Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class RunningDaemon:
    """A context: the daemon runs, in a folder `root` that goes with it, and must end well.

    `subscribed` of the three sample feeds in `urls` are in its configuration, to which `more` is
    appended; the samples gain an entry `every` so often.
    """

    def __init__(self, build, subscribed=3, every="3600s", more=""):
        self.build, self.subscribed, self.every, self.more = pathlib.Path(build), subscribed, every, more

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.socket, self.config_file = self.root / "run/feedwire.sock", self.root / "feedwired.toml"
        self.server = subprocess.Popen([self.build / "bin/feedwire-sample-server", "--port", "0", "--every", self.every],
                                       stdout=subprocess.PIPE, text=True)
        self.urls = [self.server.stdout.readline().strip() for _ in range(3)]
        self.config_file.write_text(self.config())
        self.daemon = subprocess.Popen([self.build / "bin/feedwired", "--config", self.config_file])
        return self

    def config(self):
        return (f'state_dir = "{self.root}/state"\nruntime_dir = "{self.root}/run"\n[log]\nlevel = "error"\n'
                '[fetch]\nallow = ["127.0.0.0/8"]\n[store]\nmin_free = "0B"\nballast = "0B"\n' + self.more
                + "".join(f'[[feed]]\nurl = "{url}"\ntags = ["a"]\n' for url in self.urls[:self.subscribed]))

    def __exit__(self, *_):
        for process in (self.daemon, self.server):
            process.send_signal(signal.SIGTERM)
        ended = self.daemon.wait(PATIENCE)
        self.server.wait(PATIENCE)
        self.folder.cleanup()
        if ended != 0:
            raise AssertionError(f"feedwired ended with {ended}")

    def request(self, method, target, body=None, headers=None):
        """Status, content type and text of the reply; `body` becomes JSON."""
        connection = Connection(self.socket)
        connection.request(method, target, None if body is None else json.dumps(body), headers or {})
        reply = connection.getresponse()
        kind = (reply.getheader("Content-Type") or "").split(";")[0]
        # A stream has no end: its first bytes are enough.
        text = reply.fp.read1().decode() if kind == "text/event-stream" else reply.read().decode()
        connection.close()
        return reply.status, kind, text

    def wait_for(self, what, condition):
        """Until `condition()` is true; a daemon that does not listen yet is waited for too."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.daemon.poll() is not None:
                raise AssertionError("feedwired has ended")
            try:
                if condition():
                    return
            except (FileNotFoundError, ConnectionRefusedError):
                pass
            time.sleep(0.2)
        raise AssertionError(f"in vain: {what}")

    def wait_for_entries(self, number):
        self.wait_for(f"{number} entries", lambda: json.loads(self.request("GET", "/v1/status")[2])["created"] >= number)

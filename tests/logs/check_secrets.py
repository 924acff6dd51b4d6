"""OP-13: canaries wherever a configuration, a URL, a server or a client can hold a secret, and then a search for them in all
that feedwired and feedwire say and keep.

usage: check_secrets.py SOURCE_DIR BUILD_DIR
"""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from running_daemon import PATIENCE, Connection  # noqa: E402
from scripted_web import ScriptedWeb  # noqa: E402

SOURCE, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
FEED = ("<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>T</title><link>http://{0}.example/</link>{1}"
        "<item><title>One</title><link>http://{0}.example/1</link></item></channel></rss>")
faults, searched = [], 0

# Never to be seen; and those in URLs, which only an export of all subscriptions tells who may change them, and of which the
# database is made (docs/operating.md, "Secrets").
anywhere, in_urls = {}, {}


def fault(text):
    faults.append(text)
    print(text, file=sys.stderr)


def canary(name, where):
    where[name] = f"c4n4ry{name}Xq7"
    return where[name]


def search(what, text, has_urls=False):
    global searched
    searched += 1
    for name, value in (anywhere if has_urls else anywhere | in_urls).items():
        if value in text:
            at = text.index(value)
            fault(f"{what} tells the secret {name}: {text[max(0, at - 100):at + 40]!r}")


def run(*argv, has_urls=False, environment=None):
    done = subprocess.run([BUILD / "bin" / argv[0], *argv[1:]], capture_output=True, text=True, check=False,
                          env=os.environ | (environment or {}), timeout=PATIENCE)
    search(" ".join(map(str, argv)), done.stdout + done.stderr, has_urls)
    return done


def config(root, more):
    return (f'state_dir = "{root}/state"\nruntime_dir = "{root}/run"\n[log]\nlevel = "debug"\n[schedule]\nfloor = "1s"\n'
            'max_interval = "1s"\n[store]\nmin_free = "0B"\nballast = "0B"\n[fetch]\nallow = ["127.0.0.0/8"]\n'
            'host_gap = "0s"\n' + more)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Watched:
    """A daemon with secrets in every place, whose every word is kept."""

    def __init__(self, root, web):
        self.root, self.web, self.file = root, web, root / "feedwired.toml"
        self.api, hooks = free_port(), free_port()
        self.token = canary("token", anywhere) * 2
        (root / "token").write_text(self.token + "\n")
        os.chmod(root / "token", 0o600)
        hub = f"<a:link rel='hub' href='{web.url(1, '/hub')}'/><a:link rel='self' href='{web.url(1, '/pushed')}'/>"
        web.page(1, "/pushed", FEED.format("pushed", hub))
        query, failing, target = (canary(name, in_urls) for name in ("query", "failing", "redirect"))
        # Entries that say where they are by the URL of their feed.
        here = ("<item><title>Here</title><link>#two</link><description>&lt;a href='#note'&gt;note&lt;/a&gt;</description></item>"
                "<item><title>There</title><guid>3</guid><description>&lt;a href=''&gt;note&lt;/a&gt;</description></item>")
        self.queried = web.page(1, f"/q?n=1&token={query}", FEED.format("q", here))
        self.added = web.page(1, f"/a?session={canary('added', in_urls)}", FEED.format("a", ""))
        web.page(3, "/to", status=301, Location=web.url(3, f"/r?access_token={target}"),
                 Set_Cookie="sid=" + canary("set_cookie", anywhere))
        web.page(3, f"/r?access_token={target}", FEED.format("r", ""))
        user = canary("redirect_user", anywhere)
        web.page(4, "/to", status=302, Location=f"http://u:{user}@127.0.0.4:1/x")
        urls = [self.queried, web.page(2, f"/f?apikey={failing}", status=500), web.url(3, "/to"), web.url(4, "/to"),
                web.url(1, "/pushed")]
        self.file.write_text(config(root, f'[api]\nlisten = "127.0.0.1:{self.api}"\ntoken_file = "token"\n'
                                    f'[websub]\nlisten = "127.0.0.1:{hooks}"\ncallback = "http://127.0.0.1:{hooks}/hook"\n')
                             + "".join(f'[[feed]]\nurl = "{url}"\n' for url in urls)
                             + f'[[feed]]\nurl = "{web.page(1, "/h", FEED.format("h", ""))}"\nheaders = {{ '
                             f'Authorization = "Bearer {canary("authorization", anywhere)}", '
                             f'Cookie = "a={canary("cookie", anywhere)}", X-Api-Key = "{canary("api_key", anywhere)}", '
                             'X-Paper = "credential:paper" }\n')
        (root / "credentials").mkdir()
        (root / "credentials/paper").write_text(canary("credential", anywhere) + "\n")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(root / "notify"))

    def live(self):
        log = (self.root / "log").open("w")
        daemon = subprocess.Popen([BUILD / "bin/feedwired", "--config", self.file], stderr=log,
                                  env=os.environ | {"NOTIFY_SOCKET": str(self.root / "notify"),
                                                    "CREDENTIALS_DIRECTORY": str(self.root / "credentials")})
        try:
            self.wait_for_polls()
            search("the command line", pathlib.Path(f"/proc/{daemon.pid}/cmdline").read_text())
            for child in pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split():
                search("a worker's command line", pathlib.Path(f"/proc/{child}/cmdline").read_text())
                search("a worker's environment", pathlib.Path(f"/proc/{child}/environ").read_text())
            self.ask()
            self.use_tool()
            self.take_nonsense()
        finally:
            daemon.terminate()
            ended = daemon.wait(PATIENCE)
            log.close()
        if ended != 0:
            fault(f"feedwired ended with {ended}: {(self.root / 'log').read_text()[-500:]}")

    def wait_for_polls(self):
        """Until every feed was asked twice, and the hub once: then every secret was in use."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            asked = [path for _, path, _ in self.web.requests]
            if self.web.posts and all(sum(path.startswith(start) for path in asked) > 1 for start in ("/q", "/f", "/to", "/r", "/h")):
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"in vain: polls: {self.web.requests}, {self.web.posts}")
        sent = json.dumps([headers for _, _, headers in self.web.requests])
        for name in ("authorization", "cookie", "api_key", "credential"):
            if anywhere[name] not in sent:
                fault(f"{name} was not even sent")
        form = urllib.parse.parse_qs(self.web.posts[0])
        self.of_hub = {"callback": form["hub.callback"][0].rsplit("/", 1)[1]} | (
            {"hub_secret": form["hub.secret"][0]} if "hub.secret" in form else {})
        anywhere.update(self.of_hub)

    def get(self, path, has_urls=False, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=PATIENCE) if token else Connection(
            self.root / "run/feedwire.sock")
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        reply = connection.getresponse()
        text = reply.fp.read1() if "stream" in path else reply.read()
        connection.close()
        search(f"GET {path}", str(reply.getheaders()) + text.decode(), has_urls)
        return reply.status, text.decode()

    def ask(self):
        one = "/v1/feeds/" + urllib.parse.quote(self.queried, safe="")
        for path in ("/", "/metrics", "/v1/status", "/v1/overview", "/readyz", "/livez", "/v1/cursors", "/v1/feeds",
                     "/v1/entries", "/v1/events", "/v1/events/stream", "/v1/snapshot", one, one + "/requests", one + "/changes"):
            if self.get(path)[0] != 200:
                fault(f"GET {path} has failed")
        self.get("/v1/feeds?q=" + in_urls["query"])
        entries = self.get("/v1/entries?feed=" + urllib.parse.quote(self.queried, safe=""))[1]
        for text in ("token=[redacted]#two", "token=[redacted]#note"):
            if text not in entries:
                fault(f"no entry has {text}")
        # Who names a feed by its whole URL is understood, who guesses at it is not.
        named = self.get("/v1/events?feed=" + urllib.parse.quote(self.queried, safe=""))[1]
        if "entry.created" not in named or "token=[redacted]" not in named:
            fault("events are not found by the URL of their feed")
        if '"feeds":[]' not in self.get("/v1/feeds?q=" + in_urls["query"][:4])[1]:
            fault("a search finds credentials")
        if self.get("/v1/status", token=self.token)[0] != 200 or self.get("/v1/status", token=canary("wrong", anywhere))[0] != 401:
            fault("the token is not what counts")
        # What is in no log is told who asks for it by name: the search would see it.
        if in_urls["query"] not in self.get("/v1/feeds?urls=whole", has_urls=True)[1]:
            fault("the search sees nothing")

    def use_tool(self):
        option = ("--config", self.file)
        for command in (["status"], ["politeness"], ["politeness", "--json"], ["log", "verify", "--deep"], ["cursor", "list"],
                        ["tail"], ["tail", "--format", "pretty"], ["feed", "list"], ["feed", "list", "--json"],
                        ["feed", "show", self.queried], ["feed", "show", "--json", self.queried],
                        ["config", "show"], ["config", "show", "--origin"], ["entry", "list"],
                        ["explain", "http://q.example/1"], ["snapshot"], ["reload"], ["feed", "add", self.added],
                        ["feed", "add", self.added], ["feed", "pause", self.added], ["feed", "resume", self.added],
                        ["feed", "remove", self.added], ["tail", "--feed", self.queried, "--type", "entry.*"]):
            done = run("feedwire", *command, *option)
            if done.returncode not in (0, 65):
                fault(f"feedwire {command} has failed: {done.returncode} {done.stderr}")
        if "token=[redacted]" not in done.stdout:
            fault("feedwire tail does not find events by the URL of their feed")
        for command in (["feed", "show", self.queried + "1"], ["feed", "remove", self.queried]):
            if run("feedwire", *command, *option).returncode == 0:
                fault(f"feedwire {command} did what it cannot do")
        exported = run("feedwire", "opml", "export", *option, has_urls=True)
        if exported.returncode != 0 or self.queried.replace("&", "&amp;") not in exported.stdout:
            fault("an export has not the URLs that are subscribed")
        (self.root / "export.opml").write_text(exported.stdout)
        run("feedwire", "opml", "import", "--dry-run", self.root / "export.opml", *option)

    def take_nonsense(self):
        """A configuration that is refused while the daemon runs: the log says why."""
        text = self.file.read_text()
        self.file.write_text(text + f'[[feed]]\nurl = "http://u:{canary("refused_user", anywhere)}@127.0.0.1/"\n')
        if run("feedwire", "reload", "--config", self.file).returncode != 78:
            fault("a user name in a URL was not refused")
        self.file.write_text(text.replace("credential:paper", "credential:scissors"))
        refused = run("feedwire", "reload", "--config", self.file)
        if refused.returncode != 78 or "LoadCredential=scissors:" not in refused.stderr:
            fault(f"a credential that is not there was not missed: {refused.stderr}")
        self.file.write_text(text)

    def search_what_is_left(self):
        # The tool reads the store itself now.
        for command in (["feed", "list", "--json"], ["feed", "show", self.queried], ["entry", "list"], ["snapshot"], ["status"]):
            if run("feedwire", *command, "--config", self.file).returncode != 0:
                fault(f"feedwire {command} has failed without a daemon")
        if self.queried.replace("&", "&amp;") not in run("feedwire", "opml", "export", "--config", self.file, has_urls=True).stdout:
            fault("an export has not the URLs that are subscribed without a daemon")
        log = (self.root / "log").read_text()
        if "[redacted]" not in log or log.count("polled url=") < 10:
            fault("the log has not even the URLs")
        search("the log", log)
        self.manager.setblocking(False)
        told = b""
        try:
            while True:
                told += self.manager.recv(65536) + b"\n"
        except BlockingIOError:
            pass
        if b"STATUS=" not in told:
            fault("there was no status")
        search("the status for systemd", told.decode())
        for path in sorted((self.root / "state").rglob("*")):
            if not path.is_file():
                continue
            text = path.read_bytes().decode("latin1")
            place = path.relative_to(self.root / "state").parts[0]
            if place == "db":  # what it subscribes with, readable for nobody else
                for name in self.of_hub:
                    text = text.replace(self.of_hub[name], "")
            search(str(path), text, has_urls=place == "db")


MISTAKES = {
    "user": '[[feed]]\nurl = "http://u:{}@127.0.0.1/x"\n', "scheme": '[[feed]]\nurl = "ht!tp://h/?token={}"\n',
    "header": '[[feed]]\nurl = "http://127.0.0.1/"\nheaders = {{ Authorization = "Bearer {}\\n" }}\n',
    "carried": '[[feed]]\nurl = "http://127.0.0.1/"\nheaders = {{ If-None-Match = "{}" }}\n',
    "open": '[[feed]]\nurl = "http://127.0.0.1/"\nheaders = {{ Authorization = "{}"\n',
    "unknown": 'password = "{}"\n', "kind": '[[feed]]\nurl = "http://127.0.0.1/"\nheaders = "{}"\n',
    "proxy": 'proxy = "ftp://u:{}@127.0.0.1:1"\n', "port": 'proxy = "http://u:{}@127.0.0.1:port"\n',
    "callback": '[websub]\nlisten = "127.0.0.1:1"\ncallback = "http://u:{}@127.0.0.1/"\n',
}


def check_mistakes(root):
    for name, text in MISTAKES.items():
        file = root / "wrong.toml"
        file.write_text(config(root, text.format(canary("mistake_" + name, anywhere))))
        if run("feedwired", "--check", "--config", file).returncode != 78:
            fault(f"the mistake {name} is none")
        run("feedwire", "config", "show", "--origin", "--config", file)


def check_proxy(root, web):
    """Of the configuration, then of the environment."""
    port = web.servers[0].server_address[1]
    web.pages["127.0.0.1", "http://proxied.example/"] = (200, {}, FEED.format("proxied", ""))
    for name in ("proxy_file", "proxy_environment"):
        proxy = f"http://user:{canary(name, anywhere)}@127.0.0.1:{port}"
        folder = root / name
        folder.mkdir()
        file, environment = folder / "feedwired.toml", {}
        if name == "proxy_file":
            file.write_text(config(folder, f'proxy = "{proxy}"\n[[feed]]\nurl = "http://proxied.example/"\n'))
        else:
            file.write_text(config(folder, '[[feed]]\nurl = "http://proxied.example/"\n'))
            environment["FEEDWIRE_FETCH_PROXY"] = proxy
        before = len(web.requests)
        run("feedwired", "--once", "--config", file, environment=environment)
        run("feedwire", "config", "show", "--origin", "--config", file, environment=environment)
        if not any("Proxy-Authorization" in headers for _, _, headers in web.requests[before:]):
            fault(f"{name}: the proxy was not asked with a password")
        for path in (folder / "state").rglob("*"):
            if path.is_file():
                search(str(path), path.read_bytes().decode("latin1"))


with ScriptedWeb(4) as scripted, tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    watched = Watched(folder, scripted)
    watched.live()
    watched.search_what_is_left()
    check_mistakes(folder)
    check_proxy(folder, scripted)
if not re.search(r"^LimitCORE=0$", (SOURCE / "systemd/feedwired.service").read_text(), re.M):
    fault("feedwired.service: a core would hold all of them")
print(f"{len(anywhere) + len(in_urls)} secrets are in none of {searched} texts" if not faults else f"{len(faults)} faults")
sys.exit(1 if faults else 0)

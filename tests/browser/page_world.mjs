// What the page is looked at with: publishers that do as they are told, a feedwired that polls them every
// two seconds, and a tunnel to its socket as `ssh -L` makes one.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const kPatienceMs = 60_000; // on a busy machine

export const kToken = 'correct-horse-battery-staple';

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/// An RSS feed at a loopback address of its own, whose entries are {title, link, text}.
export class Publisher {
  constructor(address, title) {
    Object.assign(this, { address, title, entries: [], status: 200 });
    this.server = http.createServer((request, response) => {
      const body = this.document();
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      if (this.status !== 200) response.writeHead(this.status).end();
      else if (request.headers['if-none-match'] === etag) response.writeHead(304, { ETag: etag }).end();
      else response.writeHead(200, { 'Content-Type': 'application/rss+xml', ETag: etag }).end(body);
    });
  }

  async start() {
    this.server.listen(0, this.address);
    await once(this.server, 'listening');
    this.site = `http://${this.address}:${this.server.address().port}`;
    this.url = `${this.site}/feed`;
  }

  /// Publishes an entry; its link is below the site unless it says otherwise.
  publish(entry) {
    this.entries.unshift({ path: `/stories/${this.entries.length + 1}`, text: '', ...entry });
  }

  document() {
    // A title is read as HTML: what is text in it is escaped once more.
    const items = this.entries.slice(0, 30).map(({ title, link, text, path: at }) => `<item><title>${escapeXml(escapeXml(title))}</title>`
      + `<link>${escapeXml(link ?? this.site + at)}</link><guid isPermaLink="false">tag:${at}</guid><description>${escapeXml(escapeXml(text))}</description></item>`);
    return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>${escapeXml(this.title)}</title>`
      + `<link>${this.site}</link><description>d</description>${items.join('')}</channel></rss>`;
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/// Waits until `is()` is true, and returns what it gave.
export async function until(is, what) {
  const end = Date.now() + kPatienceMs;
  for (;;) {
    const value = await is();
    if (value) return value;
    if (Date.now() > end) throw new Error(`it did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export class World {
  /// `bin` has feedwired. Each of `publishers` is subscribed.
  static async make(bin, publishers) {
    const world = new World();
    Object.assign(world, { bin, publishers, dir: mkdtempSync(path.join(tmpdir(), 'feedwire-page-')), sockets: new Set() });
    try {
      await world.start();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  async start() {
    for (const publisher of this.publishers) await publisher.start();
    this.port = await freePort();
    this.socket = path.join(this.dir, 'run/feedwire.sock');
    writeFileSync(path.join(this.dir, 'token'), kToken);
    chmodSync(path.join(this.dir, 'token'), 0o600);
    writeFileSync(path.join(this.dir, 'feedwired.toml'), this.config());
    await this.openTunnel();
    await this.startDaemon();
  }

  config() {
    const feeds = this.publishers.map(({ url, title }) => `[[feed]]\nurl = "${url}"\ntitle = ${JSON.stringify(title)}\n`);
    return `state_dir = "${this.dir}/state"\nruntime_dir = "${this.dir}/run"\n[log]\nlevel = "error"\n`
      + '[fetch]\nallow = ["127.0.0.0/8"]\nhost_gap = "1s"\n[schedule]\nfloor = "2s"\nmax_interval = "2s"\n'
      + `[store]\nmin_free = "0B"\nballast = "0B"\n[api]\nlisten = "127.0.0.1:${this.port}"\ntoken_file = "token"\n${feeds.join('')}`;
  }

  async openTunnel() {
    this.tunnel = net.createServer((client) => {
      const end = net.connect(this.socket);
      for (const [from, to] of [[client, end], [end, client]]) {
        this.sockets.add(from);
        from.on('error', () => to.destroy()).on('close', () => { to.destroy(); this.sockets.delete(from); }).pipe(to);
      }
    }).listen(0, '127.0.0.1');
    await once(this.tunnel, 'listening');
    this.tunnelUrl = `http://localhost:${this.tunnel.address().port}/`;
    this.tcpUrl = `http://127.0.0.1:${this.port}/`;
  }

  async startDaemon() {
    this.daemon = spawn(path.join(this.bin, 'feedwired'), ['--config', path.join(this.dir, 'feedwired.toml')], { stdio: ['ignore', 'inherit', 'inherit'] });
    process.once('exit', () => this.daemon.kill('SIGKILL')); // whatever ends the test
    await until(() => {
      if (this.daemon.exitCode !== null) throw new Error(`feedwired ended with ${this.daemon.exitCode}`);
      return this.ask('/readyz').then(({ status }) => status === 200, () => false);
    }, 'feedwired is ready');
  }

  async stopDaemon() {
    const ended = once(this.daemon, 'exit');
    this.daemon.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`feedwired ended with ${code}`);
  }

  /// A GET over the socket: {status, headers, body}.
  ask(target) {
    return new Promise((resolve, reject) => {
      http.get({ socketPath: this.socket, path: target, headers: { Host: 'localhost' } }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece) => { body += piece; })
          .on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      }).on('error', reject);
    });
  }

  async close() {
    if (this.daemon?.exitCode === null) await this.stopDaemon();
    for (const { server } of this.publishers) server.close().closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    this.tunnel?.close();
    rmSync(this.dir, { recursive: true });
  }
}

// Looks at the daemon's page in Chromium: with a real feedwired behind it, over a tunnel to its socket and
// over TCP. Usage: page.mjs BIN_DIR; $FEEDWIRE_SCREENSHOTS: where to keep what was seen.

import { strict as assert } from 'node:assert';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { watchForScript } from './page_checks.mjs';
import { review } from './page_review.mjs';
import { kToken, Publisher, until, World } from './page_world.mjs';

const kMaxPageBytes = 150_000;
const shots = process.env.FEEDWIRE_SCREENSHOTS;
const kWide = { width: 1440, height: 900 }, kNarrow = { width: 390, height: 844 };

const kettle = new Publisher('127.0.0.1', 'Kettle News');
const broken = new Publisher('127.0.0.2', 'Broken Wire');
const hostile = new Publisher('127.0.0.3', '"><img src=x onerror=alert(1)><script>alert(2)</script>');
for (const title of ['Tea is served', 'A kettle considers the moon', 'On the virtue of small spoons'])
  kettle.publish({ title, text: `${title}. A longer text follows, of no consequence.` });
broken.publish({ title: 'The last that was heard of it' });
const kAttacks = ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '{{constructor.constructor("alert(1)")()}}', 'javascript:alert(1)',
  '\u202Etxet desrever\u202C', 'zero\u200Bwidth', '</style><style>*{display:none}</style>', 'x'.repeat(3000), 'Z\u0300\u0301\u0302\u0303'.repeat(60), '${alert(1)}'];
for (const title of kAttacks) hostile.publish({ title, text: title });
hostile.publish({ title: 'leads to a script', link: 'javascript:alert(1)' });
hostile.publish({ title: 'leads to data', link: 'data:text/html,<script>alert(1)</script>' });
hostile.publish({ title: 'has a password', link: 'http://you:secret@127.0.0.3/stories/x' });

let browser, world;

/// A tab that notes all that goes wrong in it: `faults`, and what it asked for: `requests`.
async function open(at, options = {}) {
  const context = await browser.newContext({ viewport: kWide, colorScheme: 'light', locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
  const page = await context.newPage();
  Object.assign(page, { faults: [], requests: [] });
  await context.exposeBinding('feedwireHit', () => page.faults.push('a script of somebody else ran'));
  await context.addInitScript(watchForScript);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('request', (request) => page.requests.push(request));
  context.on('page', () => page.faults.push('it opened another tab'));
  await page.goto(at, { waitUntil: 'load' });
  return page;
}

const wellHead = (page) => page.getByRole('heading', { name: 'feedwired is well' }).waitFor();
const close = async (page) => {
  assert.deepEqual(page.faults, []);
  await page.context().close();
};

async function shoot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: !name.includes('fold') });
}

const feedId = async (publisher) => JSON.parse((await world.ask(`/v1/feeds/${encodeURIComponent(publisher.url)}`)).body).feed_id;

const tests = {
  async 'it is one request of 150 kB at most, and nothing is wrong in the console'() {
    const page = await open(world.tunnelUrl);
    await wellHead(page);
    await page.waitForTimeout(300);
    const [document, ...others] = page.requests;
    assert.equal(document.resourceType(), 'document');
    assert.deepEqual(others.filter((request) => request.resourceType() !== 'fetch').map((request) => request.url()), []);
    for (const request of page.requests) assert.ok(request.url().startsWith(world.tunnelUrl), request.url());
    const { length } = await (await document.response()).body();
    assert.ok(length <= kMaxPageBytes, `${length} bytes`);
    console.log(`  ${length} bytes`);
    await close(page);
  },

  async 'its policy lets nothing in that it does not bring along'() {
    const page = await open(world.tunnelUrl);
    await wellHead(page);
    const tried = await page.evaluate(async () => {
      const say = (work) => { try { work(); return 'done'; } catch { return 'refused'; } };
      const html = say(() => { document.body.innerHTML = '<img src=x onerror=feedwireHit()>'; });
      const script = say(() => {
        const made = document.createElement('script');
        made.textContent = 'feedwireHit()';
        document.body.append(made);
      });
      // What evaluates this is allowed to; not what comes later.
      const code = await new Promise((resolve) => setTimeout(() => resolve(say(() => new Function('feedwireHit()')()))));
      const handler = say(() => document.body.setAttribute('onclick', 'feedwireHit()'));
      document.body.click();
      const foreign = await fetch('http://127.0.0.3:1/').then(() => 'done', () => 'refused');
      return { html, script, code, handler, foreign };
    });
    assert.deepEqual(tried, { html: 'refused', script: 'refused', code: 'refused', handler: 'refused', foreign: 'refused' });
    assert.ok(page.faults.every((fault) => /Content Security Policy|Trusted|violates/.test(fault)), page.faults.join('\n'));
    await page.context().close();
  },

  async 'it reads well at both widths, light and dark, for eyes, ears and keys'() {
    const feed = await feedId(kettle);
    const entry = JSON.parse((await world.ask(`/v1/entries?feed=${feed}&limit=1`)).body).entries[0].entry_key;
    const views = { overview: '', events: '#/events', feeds: '#/feeds', feed: `#/feeds/${feed}`, ill: `#/feeds/${await feedId(broken)}`, entry: `#/entries/${entry}` };
    for (const [width, viewport] of Object.entries({ wide: kWide, narrow: kNarrow })) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await open(world.tunnelUrl, { viewport, colorScheme, reducedMotion: 'reduce' });
        await wellHead(page);
        for (const [name, hash] of Object.entries(views)) {
          await page.evaluate((to) => { location.hash = to; }, hash);
          await page.locator('main .rows > li, main dl.plain').first().waitFor();
          await page.waitForTimeout(400);
          assert.deepEqual(await page.evaluate(review), [], `${name}, ${width}, ${colorScheme}`);
          await shoot(page, `${name}-${width}-${colorScheme}`);
          if (name === 'overview') await shoot(page, `fold-${width}-${colorScheme}`);
        }
        await close(page);
      }
    }
  },

  async 'who has never seen it finds state, lag, disk and last commit in what is on the screen first'() {
    for (const viewport of [kWide, kNarrow]) {
      const page = await open(world.tunnelUrl, { viewport });
      await wellHead(page);
      assert.match(await page.title(), /^✓ /);
      const verdict = await page.locator('#verdict').boundingBox();
      assert.ok(verdict.y + verdict.height < 300, `the verdict ends at ${verdict.y + verdict.height}`);
      for (const [name, value] of [['Polls', /in time|late/], ['Last commit', /ago|now/], ['Disk', /free/], ['Feeds', /3/], ['Readers with a cursor', /none/]]) {
        const fact = page.locator('.fact', { has: page.getByText(name, { exact: true }) });
        assert.match(await fact.locator('dd').first().textContent(), value);
        const box = await fact.boundingBox();
        assert.ok(box.y + box.height <= viewport.height, `${name} ends at ${box.y + box.height}`);
      }
      await close(page);
    }
  },

  async 'an event appears by itself, with feed, title and change'() {
    const page = await open(world.tunnelUrl);
    await wellHead(page);
    kettle.publish({ title: 'A spoon was found' });
    const row = page.locator('.event', { hasText: 'A spoon was found' });
    await row.waitFor();
    assert.equal(await row.locator('.tag').textContent(), 'new');
    assert.match(await row.textContent(), /Kettle News/);
    kettle.entries[0].title = 'A spoon was found, and lost';
    const edited = page.locator('.event', { hasText: 'and lost' });
    await edited.waitFor();
    assert.equal(await edited.locator('.tag').textContent(), 'edited');
    assert.match(await edited.textContent(), /title/);
    await close(page);
  },

  async 'events and feeds are found by words and by kind, and what was found has a link'() {
    const page = await open(`${world.tunnelUrl}#/events`);
    const rows = page.locator('main .event');
    await page.getByText('Tea is served').waitFor();
    await page.getByLabel('Search titles').fill('SPOONS');
    await until(async () => await rows.count() === 1, 'one event has these words');
    assert.match(await rows.first().textContent(), /On the virtue of small spoons/);
    assert.match(page.url(), /#\/events\?q=SPOONS$/);
    await page.getByLabel('Search titles').fill('');
    await page.getByLabel('Show').selectOption('edited');
    await until(async () => await rows.count() === 1 && /and lost/.test(await rows.first().textContent()), 'one entry was edited');
    await page.reload();
    await until(async () => await rows.count() === 1, 'the same after a reload');

    await page.goto(`${world.tunnelUrl}#/feeds?state=ill`);
    await page.locator('.feed', { hasText: 'Broken Wire' }).waitFor();
    assert.equal(await page.locator('.feed').count(), 1);
    assert.match(await page.locator('.feed').textContent(), /failing.*503|503/s);
    await page.getByLabel('State').selectOption('');
    await page.getByLabel('Search names').fill('kettle');
    await until(async () => await page.locator('.feed').count() === 1 && /Kettle/.test(await page.locator('.feed').textContent()), 'one feed is called so');
    await page.getByRole('link', { name: 'Kettle News' }).click();
    await page.getByRole('heading', { name: 'Kettle News' }).waitFor();
    await close(page);
  },

  async 'a feed shows its schedule with what decided, its last requests, its entries over time'() {
    const page = await open(`${world.tunnelUrl}#/feeds/${await feedId(kettle)}`);
    const decided = page.locator('tr.decides');
    await decided.waitFor();
    const told = JSON.parse((await world.ask(`/v1/feeds/${await feedId(kettle)}`)).body);
    assert.match(await decided.textContent(), new RegExp(`^${told.next_poll_rule} \\(decided\\)`));
    assert.match(await page.locator('.lead').textContent(), /Next poll .*What decided: /);
    const requests = page.locator('[role="region"] tbody tr');
    await until(async () => await requests.count() >= 3, 'three requests');
    assert.match(await page.locator('[role="region"]').textContent(), /nothing new 304/);
    const chart = page.getByRole('img');
    assert.match(await chart.getAttribute('aria-label'), /The last 7 days: 3 of its first document, 1 new, 1 edited\./);
    assert.equal(await chart.locator('rect.first').count(), 1);
    await page.getByText('The same as a table').click();
    assert.match(await page.locator('figure tbody').textContent(), /311/);
    await page.getByLabel('Of the last').selectOption('30');
    await page.getByText(/The last 30 days: 3 of its first/).waitFor();
    assert.match(page.url(), /days=30$/);
    assert.match(await page.locator('#changes-head + *, section:has(#changes-head)').last().textContent(), /A spoon was found, and lost/);
    // What the log does not reach back to is drawn as unknown, and said. Of 30 days the 26 that ended before noon three days ago.
    const since = await page.evaluate(() => {
      const noon = new Date();
      noon.setHours(12, 0, 0, 0);
      noon.setDate(noon.getDate() - 3);
      return noon.toISOString();
    });
    await page.route('**/changes?*', (route) => route.fulfill({ json: { since, hours: [], last: [] } }));
    await page.reload();
    await page.getByText(/goes back to/).waitFor();
    assert.equal(await chart.locator('rect.none').count(), 26);
    await close(page);

    const ill = await open(`${world.tunnelUrl}#/feeds/${await feedId(broken)}`);
    await ill.getByRole('heading', { name: 'What is wrong with it' }).waitFor();
    assert.match(await ill.locator('section:has(#why-head)').textContent(), /503.*in a row/s);
    await close(ill);
  },

  async 'all of it is reached by keys alone, and one sees where one is'() {
    const page = await open(world.tunnelUrl);
    await wellHead(page);
    await page.locator('.event').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.locator('.brand').focus();
    for (const name of ['Overview', 'Events', 'Feeds']) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => ({ text: document.activeElement.textContent, outline: getComputedStyle(document.activeElement).outlineStyle }));
      assert.deepEqual(at, { text: name, outline: 'solid' });
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Feeds', exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'view-head');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'feeds-q');
    await page.keyboard.type('/kettle');
    assert.equal(await page.locator('#feeds-q').inputValue(), '/kettle');
    await page.locator('#feeds-q').fill('kettle');
    await until(async () => await page.locator('.feed').count() === 1, 'one feed');
    await page.locator('#feeds-state').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Kettle News' }).waitFor();
    // What is asked again and drawn anew does not take the focus away.
    await page.goto(world.tunnelUrl);
    const ill = page.getByRole('link', { name: '1 ill' });
    await ill.focus();
    await ill.evaluate((link) => { link.dataset.old = 'yes'; });
    await until(async () => await ill.getAttribute('data-old') === null, 'the figures are drawn anew');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '1 ill');
    await close(page);
  },

  async 'titles and addresses of hostile feeds do nothing'() {
    const id = await feedId(hostile);
    for (const hash of ['', '#/events', '#/feeds', `#/feeds/${id}`]) {
      const page = await open(world.tunnelUrl + hash);
      await wellHead(page);
      await page.locator('main .rows > li').first().waitFor();
      await page.waitForTimeout(500);
      const links = await page.locator('a[href]').evaluateAll((all) => all.map(({ href }) => href));
      for (const link of links) assert.match(link, /^https?:\/\/(?!you:)/);
      const hidden = await page.evaluate(() => document.body.innerText.match(/[\u202a-\u202e\u2066-\u2069\u200b\u0000-\u0008]/g));
      assert.equal(hidden, null);
      assert.equal(await page.locator('main img, main script, main style, main iframe').count(), 0);
      for (const request of page.requests) assert.ok(request.url().startsWith(world.tunnelUrl), request.url());
      await shoot(page, `hostile-${hash.replace(/\W+/g, '-')}`);
      await close(page);
    }
    // feedwired lets no such address through; the page does not rely on that.
    const addresses = ['javascript:alert(1)', 'data:text/html,x', 'http://you:secret@127.0.0.3/x', ' JaVaScRiPt:alert(1)', '//127.0.0.3/x', 'https://fine.example/x'];
    const page = await open(world.tunnelUrl);
    await page.route('**/changes?*', (route) => route.fulfill({ json: { since: '2026-01-01T00:00:00.000000Z', hours: [],
      last: addresses.map((url, at) => ({ sequence: String(at).padStart(20, '0'), type: 'entry.<b>', time: '2026-01-01T00:00:00.000000Z', entry_key: '"><b>', title: url, url })) } }));
    await page.goto(`${world.tunnelUrl}#/feeds/${id}`);
    await page.getByText('entry <b>').first().waitFor();
    assert.deepEqual(await page.locator('section:has(#changes-head) a[target]').evaluateAll((all) => all.map(({ href }) => href)), ['https://fine.example/x']);
    await page.getByRole('heading', { name: /<img src=x onerror=alert\(1\)>/ }).waitFor();
    await page.goto(`${world.tunnelUrl}#/events`);
    await page.getByText('<script>alert(1)</script>').first().waitFor();
    await page.getByText('zero<U+200B>width').first().waitFor();
    for (const at of ['#/feeds/%', '#/feeds/..%2F..%2Flivez', '#/entries/<img src=x onerror=feedwireHit()>', '#/events?feed=%22%3E%3Cscript%3E', '#/nothing/else?x']) {
      await page.goto(world.tunnelUrl + at);
      await page.waitForTimeout(300);
    }
    // What was not found was asked for, and that is all.
    page.faults = page.faults.filter((fault) => !/status of 40[04]/.test(fault));
    await close(page);
  },

  async 'over TCP it asks for the token, and keeps it in this tab alone'() {
    const page = await open(world.tcpUrl, { viewport: kNarrow });
    const dialog = page.getByRole('dialog', { name: 'Token' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    assert.ok(await dialog.isVisible());
    await shoot(page, 'token');
    await page.getByRole('textbox', { name: 'Token' }).fill('wrong-token-wrong-token');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token').waitFor();
    await page.getByRole('textbox', { name: 'Token' }).fill(kToken);
    await page.keyboard.press('Enter');
    await wellHead(page);
    await page.locator('.event').first().waitFor();
    const kept = await page.evaluate(() => ({ session: Object.values(sessionStorage), local: localStorage.length, cookie: document.cookie, url: location.href }));
    assert.deepEqual(kept, { session: [kToken], local: 0, cookie: '', url: world.tcpUrl });
    await page.reload();
    await wellHead(page);
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await dialog.waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    page.faults = page.faults.filter((fault) => !/status of 401/.test(fault));
    await close(page);
  },

  async 'what is not well is said first, in words'() {
    const page = await open(world.tunnelUrl);
    await wellHead(page);
    const cases = [
      [(o) => { o.reasons = ['the disk is nearly full: nothing is polled']; o.ready = false; }, 'feedwired is not well', /The disk is nearly full/],
      [(o) => { o.alive = false; }, 'feedwired is not well', /threads hangs/],
      [(o) => { o.offline = true; o.offline_since = o.now; }, 'feedwired runs, but needs a look', /Nothing can be reached/],
      [(o) => { o.feeds.overdue = 7; o.feeds.longest_overdue = 4000; }, 'feedwired runs, but needs a look', /7 feeds should have been polled/],
      [(o) => { o.last_reload_error = 'f.toml:3:5: no\u202e'; }, 'feedwired runs, but needs a look', /refused.*f\.toml:3:5: no<U\+202E>/],
      [(o) => { o.disk = { free_bytes: 1, total_bytes: 1000 }; }, 'feedwired runs, but needs a look', /little room/],
      [(o) => { o.feeds.failing = 2; o.feeds.ill = 2; }, 'feedwired runs, but needs a look', /2 of 3 feeds fail/],
      [(o) => { o.log.disturbances = 1; }, 'feedwired runs, but needs a look', /feedwire log verify/],
    ];
    for (const [change, head, reason] of cases) {
      const answer = JSON.parse((await world.ask('/v1/overview')).body);
      change(answer);
      await page.route('**/v1/overview', (route) => route.fulfill({ json: answer }));
      await page.locator('#reasons').getByText(reason).waitFor();
      assert.equal(await page.locator('#verdict-head').textContent(), head);
      assert.deepEqual((await page.evaluate(review)), []);
      if (shots) await shoot(page, `fold-${String(reason).replace(/\W+/g, '-')}`);
      await page.unroute('**/v1/overview');
    }
    await page.route('**/v1/overview', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"x","status":503,"detail":"the disk is full"}' }));
    await page.locator('#reasons').getByText('The disk is full.').waitFor();
    assert.match(await page.title(), /^✕ /);
    page.faults = page.faults.filter((fault) => !/status of 503/.test(fault));
    await close(page);
  },

  async 'while feedwired is away it says so, and then goes on where it was'() {
    const page = await open(`${world.tunnelUrl}#/events`);
    await wellHead(page);
    await page.locator('#stream', { hasText: 'live' }).waitFor();
    const titles = () => page.locator('.event .what').allTextContents();
    await page.getByText('Tea is served').waitFor();
    const before = await titles();
    await world.stopDaemon();
    await page.getByRole('heading', { name: 'feedwired does not answer' }).waitFor();
    await page.locator('#stream', { hasText: 'interrupted; again in' }).waitFor();
    await shoot(page, 'fold-away');
    kettle.publish({ title: 'Published while nobody looked' });
    await world.startDaemon();
    await page.getByText('Published while nobody looked').waitFor({ timeout: 60_000 });
    await wellHead(page);
    await page.locator('#stream', { hasText: 'live' }).waitFor();
    assert.deepEqual(await titles(), ['Published while nobody looked', ...before]); // nothing is lost, and nothing is there twice
    page.faults = page.faults.filter((fault) => !/ERR_|Failed to load resource/.test(fault));
    await close(page);
  },

  async 'a list that is paused stands still, and then has it all'() {
    const page = await open(`${world.tunnelUrl}#/events`);
    await page.getByText('Tea is served').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    kettle.publish({ title: 'A quiet word' });
    await page.getByRole('button', { name: /Go on \(\d+ more\)/ }).waitFor();
    assert.equal(await page.getByText('A quiet word').count(), 0);
    await page.getByRole('button', { name: /Go on/ }).click();
    await page.getByText('A quiet word').waitFor();
    await close(page);
  },
};

async function main([bin, only = '']) {
  let failed = 0;
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    world = await World.make(bin, [kettle, broken, hostile]);
    console.log(`Chromium ${browser.version()}`);
    await until(async () => JSON.parse((await world.ask('/v1/status')).body).created >= kAttacks.length + 7, 'all entries came');
    broken.status = 503;
    await until(async () => JSON.parse((await world.ask('/v1/feeds?state=failing')).body).feeds.length === 1, 'a feed fails');
    for (const [name, test] of Object.entries(tests).filter(([each]) => each.includes(only))) {
      const began = Date.now();
      const error = await test().then(() => null, (thrown) => thrown);
      console.log(`${error ? 'FAILED' : 'passed'}: ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
      if (error) console.log(error.stack ?? error);
      failed += error ? 1 : 0;
      await Promise.all(browser.contexts().map((context) => context.close()));
    }
  } finally {
    await browser.close();
    await world?.close();
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));

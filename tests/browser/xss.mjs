// Renders every attack of tests/data/xss.txt in Chromium, twice each way: parsed as a document and set
// as innerHTML; once raw, which shows that the attacks work, and once sanitised, when nothing may run,
// nothing may be asked for but the images that are left, and nothing forbidden may be in the DOM.
// Usage: node xss.mjs XSS_TXT FEEDWIRE_PARSE

import { chromium } from 'playwright-core';

import { findForbidden, imageUrls, touchAll, watchForScript } from './page_checks.mjs';
import { readAttacks, sanitizeAll } from './vectors.mjs';

const kPages = 4; // at once
const kSettleMs = 40; // for events that come later than the load
const kLeastAttacksThatRun = 150; // fewer, and the test would not notice an attack
const kPage = 'http://page.test/';

/// Loads documents one after the other and notes what they do. No request leaves the browser.
class Stage {
  static async open(browser) {
    const stage = new Stage();
    stage.context = await browser.newContext({ serviceWorkers: 'block' });
    stage.page = await stage.context.newPage();
    await stage.context.exposeBinding('feedwireHit', () => stage.note('script ran'));
    await stage.context.addInitScript(watchForScript);
    await stage.context.route(/.*/, (route) => stage.answer(route));
    stage.page.on('pageerror', () => stage.note('script failed'));
    stage.page.on('dialog', (dialog) => stage.note('dialog') || dialog.dismiss());
    stage.context.on('page', (page) => stage.note('window opened') || page.close());
    return stage;
  }

  note(what) {
    this.seen.events.push(what);
  }

  answer(route) {
    const request = route.request();
    if (request.url() === kPage && request.isNavigationRequest() && !this.served) {
      this.served = true;
      return route.fulfill({ contentType: 'text/html; charset=utf-8', body: this.document });
    }
    this.seen.requests.push({ url: request.url(), type: request.resourceType(), touched: this.touched });
    // 204 leaves the page where it is.
    return request.isNavigationRequest() ? route.fulfill({ status: 204 }) : route.abort();
  }

  /// What `html` did: {events, requests, forbidden, images}.
  async run(html, asInnerHtml) {
    this.seen = { events: [], requests: [], forbidden: [], images: [] };
    this.served = this.touched = false;
    this.document = asInnerHtml ? '<!doctype html><body></body>' : `<!doctype html><body>${html}`;
    await this.page.goto(kPage, { waitUntil: 'load', timeout: 20_000 }).catch(() => this.note('left the page'));
    if (asInnerHtml) await this.inPage((text) => { document.body.innerHTML = text; }, html);
    await this.page.waitForTimeout(kSettleMs);
    this.seen.images = await this.inPage(imageUrls);
    this.seen.forbidden = [...await this.inPage(findForbidden, { reread: false }),
      ...await this.inPage(findForbidden, { reread: true })];
    this.touched = true;
    await this.inPage(touchAll);
    await this.page.waitForTimeout(kSettleMs);
    await this.leave();
    return this.seen;
  }

  /// Ends what is under way, so that the next document is not blamed for it. An attack may move on
  /// in between; then once more.
  async leave() {
    const left = () => this.page.goto('about:blank').then(() => true, () => false);
    for (let tries = 0; tries < 5 && !await left();) ++tries;
  }

  /// A page that moves on while it is asked is a finding, not a failure of the test.
  async inPage(work, argument) {
    try {
      return await this.page.evaluate(work, argument) ?? [];
    } catch (error) {
      this.note(`moved on: ${String(error).split('\n')[0]}`);
      return [];
    }
  }
}

/// What each of `texts` did, in both ways: [{i, text, inner, seen}].
async function runAll(stages, texts) {
  const jobs = texts.flatMap((text, i) => [{ i, text, inner: false }, { i, text, inner: true }]);
  const queue = [...jobs];
  await Promise.all(stages.map(async (stage) => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      job.seen = await stage.run(job.text, job.inner);
  }));
  return jobs;
}

/// What a sanitised text must not do.
function faultsOf({ events, requests, forbidden, images }) {
  const bad = requests.filter(({ url, type, touched }) =>
    !(type === 'image' && images.includes(url)) &&
    !(type === 'document' && touched && /^https?:\/\//.test(url))); // a link that was clicked
  return [...events, ...forbidden, ...bad.map(({ url, type }) => `request of ${type} ${url}`)];
}

const countTexts = (jobs) => new Set(jobs.map(({ i }) => i)).size;

async function main([file, program]) {
  const attacks = readAttacks(file);
  const clean = sanitizeAll(program, attacks);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const stages = await Promise.all(Array.from({ length: kPages }, () => Stage.open(browser)));
    const raw = await runAll(stages, attacks);
    const ran = countTexts(raw.filter(({ seen }) => seen.events.length > 0));
    const faulty = countTexts(raw.filter(({ seen }) => faultsOf(seen).length > 0));
    const faults = (await runAll(stages, clean)).filter(({ seen }) => faultsOf(seen).length > 0);
    const left = clean.filter((text) => text !== '').length;
    console.log(`Chromium ${browser.version()}, ${attacks.length} attacks, each as a document and as innerHTML`);
    console.log(`raw: ${ran} run script, ${faulty} do something forbidden`);
    console.log(`sanitised: ${left} leave something, ${countTexts(faults)} do something forbidden`);
    for (const { i, inner, text, seen } of faults)
      console.log(`FAULT${inner ? ' (innerHTML)' : ''}: ${faultsOf(seen).join('; ')}\n  ${attacks[i]}\n  -> ${text}`);
    return faults.length === 0 && ran >= kLeastAttacksThatRun ? 0 : 1;
  } finally {
    await browser.close();
  }
}

process.exit(await main(process.argv.slice(2)));

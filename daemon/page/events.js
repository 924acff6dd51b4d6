
// --- What comes in ----------------------------------------------------------------------------------

const kChanges = { // how people call a type, and how it looks
  'entry.created': ['new', 'new'],
  'entry.updated': ['edited', ''],
  'entry.deleted': ['deleted', 'look'],
  'entry.restored': ['back', 'new'],
  'entry.sighted': ['seen elsewhere', ''],
  'feed.failing': ['feed fails', 'bad'],
  'feed.gone': ['feed is gone', 'bad'],
  'feed.recovered': ['feed recovered', 'well'],
  'feed.warning': ['feed warning', 'look'],
  'feed.gap': ['entries missed', 'look'],
  'feed.gap_closed': ['gap closed', 'well'],
};

const changeTag = (type) => {
  const [name, tone] = kChanges[type] ?? [type.replace('.', ' ').replaceAll('_', ' '), ''];
  return tag(name, tone);
};

const kKinds = [ // what can be chosen: globs of types
  ['', 'Entries and feeds', 'entry.*,feed.*'],
  ['new', 'New entries', 'entry.created,entry.restored'],
  ['edited', 'Edited entries', 'entry.updated'],
  ['deleted', 'Deleted entries', 'entry.deleted'],
  ['feeds', 'Feeds', 'feed.*'],
  ['all', 'Everything', '*'],
];

const feedPath = (id) => `#/feeds/${encodeURIComponent(id)}`;
const entryPath = (key) => `#/entries/${encodeURIComponent(key)}`;

function eventRow(event) {
  const url = webUrl(event.url);
  const head = event.entry ? el('a', { href: entryPath(event.entry) }, stranger(event.title || event.url || event.entry))
    : stranger(event.note || event.title || event.type);
  return el('li', { class: 'event' },
    changeTag(event.type),
    el('span', { class: 'what' }, head),
    when(event.time),
    el('span', { class: 'of' },
      event.feed && el('a', { href: feedPath(event.feed) }, stranger(event.feedName, 80)),
      url && [' · ', outward(event.url, el('bdi', {}, visible(url.host, 80)), ' ↗')],
      event.changed.length > 0 && ` · ${event.changed.map((name) => visible(name, 40)).join(', ')}`,
      event.initial && ' · of its first document',
      event.entry && event.note && [' · ', stranger(event.note)]));
}

/// The events that were told of lately, the newest first, and the stream that tells. One for the page:
/// views that want the same share it.
const live = { order: null, stream: null, events: [], fresh: [], listeners: new Set(), timer: 0, state: 'connecting' };

/// Follows `query`, beginning so many events back, unless it does already.
function follow(query, back) {
  if (live.order === query) return;
  live.order = query;
  live.events = [];
  live.fresh = [];
  live.stream?.stop();
  live.stream = null;
  live.back = back;
  beginStream();
}

/// Where the log ends has to be known before one can begin before that.
function beginStream() {
  if (live.stream || !live.order || !health.overview) return;
  const { first_sequence: first, last_sequence: last } = health.overview.log;
  const at = BigInt(last) - BigInt(live.back), earliest = BigInt(first) > 0n ? BigInt(first) - 1n : 0n;
  const after = (at > earliest ? at : earliest).toString().padStart(20, '0');
  live.stream = new LogStream(live.order, after, takeEvent, showStreamState);
}

function takeEvent(event) {
  live.fresh.push(event);
  if (live.fresh.length > 2 * kKeptEvents) live.fresh.splice(0, kKeptEvents);
  // Not each event by itself: there may be thousands.
  live.timer ||= setTimeout(() => {
    live.timer = 0;
    const fresh = live.fresh.slice(-kKeptEvents).reverse();
    live.fresh = [];
    live.events = [...fresh, ...live.events].slice(0, kKeptEvents);
    for (const listener of live.listeners) listener(fresh);
  }, 200);
}

function showStreamState(state, seconds) {
  live.state = state;
  const [tone, text] = state === 'live' ? ['well', 'live']
    : ['look', `interrupted; again in ${seconds} s`];
  document.getElementById('stream').dataset.tone = tone;
  const place = document.getElementById('stream-text');
  if (place.textContent !== text) place.textContent = text;
}

/// It is another log, as after a restore: what was shown is of no use.
function forgetEvents() {
  live.stream.stop();
  live.stream = null;
  live.events = [];
  for (const listener of live.listeners) listener(null);
}

health.heard.push(beginStream);

/// A list that shows at most `most` events that `wanted` says yes to, and goes on by itself until it
/// is paused. Rows that are there stay the same elements.
class LiveList {
  constructor(label, most, wanted = () => true) {
    Object.assign(this, { most, wanted, paused: false, missed: 0 });
    this.list = el('ol', { class: 'rows', 'aria-label': label });
    this.empty = el('p', { class: 'soft' }, 'Nothing yet. What comes in appears here by itself.');
    this.node = el('div', { class: most < 20 ? 'glance' : undefined }, this.list, this.empty);
    this.listener = (fresh) => this.take(fresh);
    live.listeners.add(this.listener);
    this.redraw();
  }

  close() {
    live.listeners.delete(this.listener);
  }

  redraw() {
    this.missed = 0;
    fill(this.list, live.events.filter(this.wanted).slice(0, this.most).map(eventRow));
    this.settle();
  }

  take(fresh) {
    if (fresh === null) return this.redraw();
    const rows = fresh.filter(this.wanted);
    if (this.paused) {
      this.missed += rows.length;
      return this.settle();
    }
    const made = rows.slice(0, this.most).map(eventRow);
    if (this.list.childElementCount > 0) for (const row of made) row.classList.add('fresh');
    this.list.prepend(...made);
    while (this.list.childElementCount > this.most) this.list.lastElementChild.remove();
    this.settle();
  }

  settle() {
    this.empty.hidden = this.list.childElementCount > 0;
    this.changed?.();
  }
}

function eventsView({ params }) {
  const kind = kKinds.find(([name]) => name === params.get('kind')) ?? kKinds[0];
  const feed = params.get('feed');
  const query = new URLSearchParams({ type: kind[2] });
  if (feed) query.set('feed', feed);
  follow(query.toString(), feed || kind[0] ? 5000 : 200);

  let words = (params.get('q') ?? '').toLowerCase();
  const list = new LiveList('Events, the newest first', 200, (event) => words === ''
    || `${event.title} ${event.url} ${event.feedName} ${event.note}`.toLowerCase().includes(words));
  const search = el('input', { type: 'search', id: 'events-q', value: params.get('q') ?? '', maxlength: 200, oninput() {
    words = search.value.toLowerCase();
    setParams({ q: search.value });
    list.redraw();
  } });
  const select = el('select', { id: 'events-kind', onchange() { setParams({ kind: select.value }); route(); } },
    kKinds.map(([name, text]) => el('option', { value: name, selected: name === kind[0] }, text)));
  const pause = el('button', { type: 'button', 'aria-pressed': 'false', onclick() {
    list.paused = !list.paused;
    if (!list.paused) list.redraw();
    list.changed();
  } }, 'Pause');
  list.changed = () => {
    pause.setAttribute('aria-pressed', String(list.paused));
    pause.textContent = !list.paused ? 'Pause' : list.missed > 0 ? `Go on (${count(list.missed)} more)` : 'Go on';
  };
  return {
    title: 'Events',
    node: [
      el('div', { class: 'filters', role: 'search' },
        el('div', { class: 'grow' }, el('label', { for: 'events-q' }, 'Search titles, addresses and feeds'), search),
        el('div', {}, el('label', { for: 'events-kind' }, 'Show'), select), pause),
      feed && el('p', { class: 'small' }, 'Only of ', el('a', { href: feedPath(feed) }, stranger(feed, 100)), '. ',
        el('a', { href: '#/events' }, 'Show all feeds')),
      el('section', { class: 'panel', 'aria-label': 'Events' }, list.node)],
    focus: search,
    close: () => list.close(),
  };
}

const followAll = () => follow(new URLSearchParams({ type: kKinds[0][2] }).toString(), 200);

function overviewView() {
  followAll();
  const list = new LiveList('The last events, the newest first', 12);
  const facts = el('div'), ill = el('div');
  let shown = -1;
  const showIll = async () => {
    const { feeds } = await getJson('/v1/feeds?state=ill&limit=20').catch(() => ({ feeds: null }));
    if (feeds === null) return;
    feeds.sort(worstFirst);
    fill(ill, feeds.length === 0 ? el('p', { class: 'soft' }, 'None.')
      : el('ul', { class: 'rows' }, feeds.slice(0, 8).map(feedRow)));
  };
  const asking = repeat(30, showIll);
  const onHealth = (overview) => {
    if (!overview) return;
    fill(facts, factList(overview));
    if (shown !== overview.feeds.ill && shown >= 0) asking.now();
    shown = overview.feeds.ill;
  };
  health.heard.push(onHealth);
  onHealth(health.overview);
  return {
    title: 'Overview',
    hideTitle: true,
    node: [facts, el('div', { class: 'columns' },
      el('section', { class: 'panel', 'aria-labelledby': 'live-head' },
        el('header', {}, el('h3', { id: 'live-head' }, 'What comes in'), el('a', { href: '#/events' }, 'All events')), list.node),
      el('section', { class: 'panel', 'aria-labelledby': 'ill-head' },
        el('header', {}, el('h3', { id: 'ill-head' }, 'Feeds that are ill, and why'), el('a', { href: '#/feeds' }, 'All feeds')), ill))],
    close() {
      asking.stop();
      list.close();
      health.heard.splice(health.heard.indexOf(onHealth), 1);
    },
  };
}


// --- One feed -------------------------------------------------------------------------------------------

const kRules = { // next_poll_rule, and the rules of bounds: whose wish it is
  none: 'it was not polled yet',
  floor: 'the operator’s floor for all feeds',
  interval: 'the interval that the operator chose for this feed',
  freshness: 'its server says how long an answer stays fresh (Cache-Control, Expires)',
  ttl: 'the feed’s own ttl',
  'update-period': 'the feed’s own update period (sy:updatePeriod)',
  'skipped-time': 'hours or days that the feed asks to be skipped',
  'no-conditional': 'its server always sends the whole document, so it is asked less often',
  strain: 'its server has answered that it was asked too often (429)',
  failure: 'polls fail, so it is tried less and less often',
  'retry-after': 'its server named a time (Retry-After)',
  learned: 'when it is likely to have something new, within the budget of requests',
  'max-interval': 'the longest time between two polls',
  window: 'soon enough that no entry comes and goes unseen',
  'host-share': 'the feeds of its host share what the host can be asked',
  gone: 'its server says that it is gone: it is polled no more',
  'same-url': 'another feed is polled at the address that it has moved to',
  'host-hold': 'its host asked several feeds for patience',
  hub: 'a hub pushes what is new; polls only make sure',
  discovered: 'the page that was subscribed links to it: at once',
};
const ruleText = (rule) => kRules[rule] ?? rule;

function scheduleLead(feed) {
  const rule = [el('strong', {}, feed.next_poll_rule), `: ${ruleText(feed.next_poll_rule)}.`];
  if (feed.state === 'paused') return 'It is paused: it is not polled until it is resumed.';
  if (!feed.next_poll) return ['It has no next poll. What decided: ', rule];
  return ['Next poll ', when(feed.next_poll, true), ` (${clockText(feed.next_poll)}). What decided: `, rule];
}

function boundsTable(feed) {
  const bounds = (feed.bounds ?? []).map(({ rule, seconds }) => ({ rule, wish: `at least ${spanText(seconds)}` }));
  if (!bounds.some(({ rule }) => rule === feed.next_poll_rule) && feed.next_poll_rule !== 'none')
    bounds.unshift({ rule: feed.next_poll_rule, wish: feed.interval ? `every ${spanText(feed.interval)}` : '–' });
  if (bounds.length === 0) return null;
  return el('table', {},
    el('caption', {}, 'All that has a say; the one marked decided.'),
    el('thead', {}, el('tr', {}, ['Bound', 'Asks for', 'Whose wish'].map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, bounds.map(({ rule, wish }) => {
      const decided = rule === feed.next_poll_rule;
      return el('tr', { class: decided ? 'decides' : undefined },
        el('th', { scope: 'row' }, rule, decided && ' (decided)'), el('td', {}, wish), el('td', {}, ruleText(rule)));
    })));
}

function feedFacts(feed) {
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const rows = [
    ['Address', outward(feed.url, stranger(feed.url, 500))],
    feed.moved_to && ['Polled at', outward(feed.moved_to, stranger(feed.moved_to, 500))],
    feed.tags.length > 0 && ['Tags', feed.tags.map((each) => [tag(visible(each, 60)), ' '])],
    ['Planned', [feed.interval ? `every ${spanText(feed.interval)}` : 'nothing yet',
      feed.expected_per_day !== undefined && `; about ${feed.expected_per_day} entries a day are expected`]],
    ['Last poll', [when(feed.last_poll), feed.last_status ? ` (${feed.last_status})` : '', `, ${some(feed.polls, 'request')} so far`]],
    ['Last success', when(feed.last_success)],
    ['In the document', some(feed.window_entries, 'entry', 'entries')],
    feed.skip_hours && ['Skips the hours', `${feed.skip_hours.join(', ')} (GMT)`],
    feed.skip_days && ['Skips the days', feed.skip_days.map((day) => days[day]).join(', ')],
    feed.hub && ['Hub', [stranger(feed.hub.url, 200), `: ${feed.hub.state}, ${some(feed.hub.pushes, 'push', 'pushes')}`]],
    feed.backfill && ['Missed entries', `${feed.backfill.state}: ${some(feed.backfill.entries, 'entry', 'entries')} came from ${some(feed.backfill.pages, 'older page')}`],
    ['Subscribed', feed.origin === 'configuration' ? 'by the configuration' : 'at run time'],
  ];
  return el('dl', { class: 'plain' }, rows.filter(Boolean).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

function answerCell(request) {
  const tone = { failure: 'bad', document: 'new', offline: 'look' }[request.verdict];
  const words = { document: 'read', unchanged: 'nothing new', failure: 'failed', abandoned: 'abandoned', offline: 'offline', page: 'a page that links to it' };
  return el('td', {}, tag(words[request.verdict] ?? request.verdict, tone), request.status ? ` ${request.status}` : '',
    request.error && [' ', stranger(request.error, 200)],
    (request.hops ?? []).map((hop) => el('div', { class: 'small' }, `${hop.status} to `, stranger(hop.to, 200))));
}

function requestsTable({ requests, all }) {
  if (requests.length === 0) return el('p', { class: 'soft' }, 'The ledger has none of it.');
  return [el('table', {},
    el('caption', {}, all ? 'All that the ledger has, the last one first.' : `The last ${requests.length}, out of the ledger.`),
    el('thead', {}, el('tr', {}, ['When', 'Answer', 'Size', 'Then'].map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, requests.map((request) => el('tr', {},
      el('td', {}, when(request.at), el('div', { class: 'small' }, [request.cause ?? 'was due',
        request.sent?.if_none_match || request.sent?.if_modified_since ? ', conditional' : ''])),
      answerCell(request),
      el('td', { class: 'number' }, sizeText(request.bytes ?? 0), el('div', { class: 'small' }, `${Math.round((request.took_us ?? 0) / 1000)} ms`)),
      el('td', {}, request.next_poll ? [spanText((Date.parse(request.next_poll) - Date.parse(request.at)) / 1000), ' later'] : '–',
        el('div', { class: 'small' }, request.rule ?? ''))))))];
}

function lastChanges({ last }) {
  if (last.length === 0) return el('p', { class: 'soft' }, 'None in this time.');
  return el('ol', { class: 'rows' }, last.map((change) => {
    const url = webUrl(change.url);
    return el('li', { class: 'event' }, changeTag(change.type),
      el('span', { class: 'what' }, el('a', { href: entryPath(change.entry_key) }, stranger(change.title || change.url || change.entry_key))),
      when(change.time),
      el('span', { class: 'of' }, url && outward(change.url, el('bdi', {}, visible(url.host, 80)), ' ↗'),
        change.changed && ` · ${change.changed.map((name) => visible(name, 40)).join(', ')}`,
        change.initial && ' · of its first document'));
  }));
}

function daysSelect(days) {
  const select = el('select', { id: 'days', onchange() { setParams({ days: select.value === '7' ? '' : select.value }); route(); } },
    [7, 30].map((each) => el('option', { value: each, selected: each === days }, `${each} days`)));
  return select;
}

// What of a feed is drawn into, and `node`, all of it.
function feedPlaces(days) {
  const panel = (key, name, inner, tool = '') => el('section', { class: 'panel', 'aria-labelledby': `${key}-head` },
    el('header', {}, el('h3', { id: `${key}-head` }, name), tool), inner);
  const places = {
    lead: el('div', { class: 'title' }), wrong: el('p', { role: 'status' }), ill: el('ul', { class: 'rows' }), schedule: el('div'), facts: el('div'),
    requests: el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Last requests, to be scrolled sideways' }),
    chart: el('figure'), changes: el('div'),
  };
  places.illPanel = el('section', { class: 'panel', 'aria-labelledby': 'why-head', hidden: true }, el('h3', { id: 'why-head' }, 'What is wrong with it'), places.ill);
  const range = el('span', {}, el('label', { for: 'days' }, 'Of the last '), daysSelect(days));
  places.node = [places.lead, places.wrong, places.illPanel, el('div', { class: 'columns' },
    el('div', {}, panel('schedule', 'Schedule', places.schedule), panel('chart', 'Its entries over time', places.chart, range), panel('requests', 'Last requests', places.requests)),
    el('div', {}, panel('facts', 'Figures', places.facts), panel('changes', 'Last changes', places.changes)))];
  return places;
}

function drawFeed(places, feed) {
  setTitle(feedName(feed), true);
  fill(places.lead, el('p', {}, stateTag(feed), ' ', el('a', { href: `#/events?feed=${encodeURIComponent(feed.feed_id)}` }, 'Its events as they come in')));
  places.illPanel.hidden = illness(feed).length === 0;
  fill(places.ill, illness(feed).map((line) => el('li', {}, line)));
  fill(places.schedule, el('p', { class: 'lead' }, scheduleLead(feed)), boundsTable(feed));
  fill(places.facts, feedFacts(feed));
}

function feedView({ id, params }) {
  const days = params.get('days') === '30' ? 30 : 7;
  const at = `/v1/feeds/${encodeURIComponent(id)}`;
  const places = feedPlaces(days);
  const shown = {};
  const show = (name, value, draw) => {
    const text = JSON.stringify(value);
    if (shown[name] === text) return;
    shown[name] = text;
    draw(value);
  };
  let drawn = null;
  const drawChart = () => drawn && fill(places.chart, changesChart(drawn, days, places.chart.clientWidth));
  let key = '';
  const ask = async () => {
    try {
      const [feed, asked, changed] = await Promise.all([getJson(at), getJson(`${at}/requests?limit=20`), getJson(`${at}/changes?days=${days}&limit=20`)]);
      key = feed.feed_id;
      show('feed', feed, (value) => drawFeed(places, value));
      show('requests', asked, (value) => fill(places.requests, requestsTable(value)));
      show('changes', changed, (value) => {
        drawn = value;
        drawChart();
        fill(places.changes, lastChanges(value));
      });
      places.wrong.textContent = '';
    } catch (error) {
      places.wrong.textContent = error.status === 404 ? `There is no such feed: ${visible(id, 100)}` : `It cannot be shown: ${visible(error.message)}`;
    }
  };
  const asking = repeat(10, ask);
  const listener = (fresh) => { if (fresh?.some(({ feed }) => feed === key)) asking.now(); };
  live.listeners.add(listener);
  const sizes = new ResizeObserver(drawChart);
  sizes.observe(places.chart);
  return {
    title: 'Feed',
    node: places.node,
    close() {
      asking.stop();
      sizes.disconnect();
      live.listeners.delete(listener);
    },
  };
}

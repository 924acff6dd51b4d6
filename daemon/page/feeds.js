
// --- All feeds ----------------------------------------------------------------------------------------

const kMostFeeds = 200; // in one list

const kStates = { ok: ['ok', 'well'], new: ['new', 'new'], failing: ['failing', 'bad'], gone: ['gone', 'bad'], paused: ['paused', ''] };
const stateTag = ({ state, problems }) => state === 'ok' && problems ? tag('odd', 'look') : tag(...(kStates[state] ?? [state, '']));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const feedName = (feed) => feed.title || feed.name || feed.url;

/// Why an operator should look at a feed, a line each.
function illness(feed) {
  const lines = [];
  if (feed.state === 'gone')
    lines.push(['Its server says that it is gone', feed.gone_since && [', since ', when(feed.gone_since)], '. It is polled no more.']);
  else if (feed.state === 'failing')
    lines.push([stranger(capital(feed.last_error ?? 'it fails')), `, ${some(feed.failures, 'time')} in a row`,
      feed.failing_since && [', the first ', when(feed.failing_since)], '.']);
  for (const problem of feed.problems ?? []) lines.push([stranger(capital(problem.message)), '.']);
  return lines;
}

const kWorst = ['gone', 'failing', 'paused', 'new', 'ok'];
const worstFirst = (a, b) => kWorst.indexOf(a.state) - kWorst.indexOf(b.state)
  || (b.problems?.length ?? 0) - (a.problems?.length ?? 0) || b.failures - a.failures
  || feedName(a).localeCompare(feedName(b));

function feedRow(feed) {
  const name = feedName(feed);
  return el('li', { class: 'feed' },
    el('span', {}, stateTag(feed)),
    el('span', { class: 'name' }, el('a', { href: feedPath(feed.feed_id) }, stranger(name, 120)),
      name !== feed.url && el('bdi', { class: 'address' }, visible(feed.url, 120))),
    el('span', { class: 'when' }, feed.state === 'paused' ? 'not polled'
      : feed.next_poll ? ['next ', when(feed.next_poll, true)] : feed.state === 'new' ? 'not polled yet' : 'polled no more'),
    illness(feed).map((line) => el('span', { class: 'why' }, line)));
}

function feedsView({ params }) {
  const list = el('ul', { class: 'rows', 'aria-label': 'Feeds' });
  const note = el('p', { class: 'small', role: 'status' });
  const search = el('input', { type: 'search', id: 'feeds-q', value: params.get('q') ?? '', maxlength: 200, oninput() {
    setParams({ q: search.value });
    clearTimeout(search.timer);
    search.timer = setTimeout(() => asking.now(), 250);
  } });
  const states = [['', 'All'], ['ill', 'Ill'], ['failing', 'Failing'], ['gone', 'Gone'], ['new', 'Not polled yet'],
    ['paused', 'Paused'], ['ok', 'Well']];
  const select = el('select', { id: 'feeds-state', onchange() { setParams({ state: select.value }); asking.now(); } },
    states.map(([value, text]) => el('option', { value, selected: value === (params.get('state') ?? '') }, text)));
  const ask = async () => {
    const query = new URLSearchParams({ limit: kMostFeeds });
    if (search.value.trim()) query.set('q', search.value.trim());
    if (select.value) query.set('state', select.value);
    try {
      const { feeds } = await getJson(`/v1/feeds?${query}`);
      feeds.sort(worstFirst);
      fill(list, feeds.map(feedRow));
      note.textContent = feeds.length < kMostFeeds ? `${some(feeds.length, 'feed')}.`
        : `The first ${kMostFeeds} feeds that were found; search for others.`;
    } catch (error) {
      note.textContent = `The feeds could not be read: ${visible(error.message)}`;
    }
  };
  const asking = repeat(20, ask);
  return {
    title: 'Feeds',
    node: [
      el('div', { class: 'filters', role: 'search' },
        el('div', { class: 'grow' }, el('label', { for: 'feeds-q' }, 'Search names, addresses and tags'), search),
        el('div', {}, el('label', { for: 'feeds-state' }, 'State'), select)),
      note,
      el('section', { class: 'panel', 'aria-label': 'Feeds' }, list)],
    focus: search,
    close: () => asking.stop(),
  };
}

/// An entry, as its last revision has it.
function entryView({ id }) {
  const place = el('section', { class: 'panel', 'aria-label': 'Entry' }, el('p', { class: 'soft' }, 'Asking …'));
  const view = { title: 'Entry', node: [place], close: () => {} };
  getJson(`/v1/entries/${encodeURIComponent(id)}`).then((entry) => {
    const item = entry.item ?? {};
    setTitle(item.title || 'Entry', true);
    const text = item.content_text ?? item.summary ?? '';
    const feeds = [entry.feed_id, ...entry.also_in];
    fill(place, el('dl', { class: 'plain' },
      el('dt', {}, 'Address'), el('dd', {}, outward(item.url ?? item.external_url ?? '', stranger(item.url ?? item.external_url ?? 'none', 500))),
      el('dt', {}, feeds.length > 1 ? 'Feeds' : 'Feed'),
      el('dd', {}, feeds.map((feed, at) => [at > 0 && ', ', el('a', { href: feedPath(feed) }, feed)])),
      el('dt', {}, 'Revision'), el('dd', {}, count(entry.rev)),
      el('dt', {}, 'First seen'), el('dd', {}, when(entry.first_seen)),
      el('dt', {}, 'Last seen'), el('dd', {}, when(entry.last_seen)),
      item.date_published && [el('dt', {}, 'Published, it says'), el('dd', {}, stranger(item.date_published, 60))],
      text && [el('dt', {}, 'Text'), el('dd', {}, stranger(text, 1500))]));
  }, (error) => fill(place, el('p', {}, `It cannot be shown: ${visible(error.message)}`)));
  return view;
}

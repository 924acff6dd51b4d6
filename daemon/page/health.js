
// --- Is it well? ----------------------------------------------------------------------------------

const kLateSeconds = 600; // a feed may wait that long for its turn before it is worth a word
const kLittleRoom = 0.05; // of the disk

/// What an operator should make of /v1/overview: {tone, head, reasons}.
function judge(overview) {
  const bad = overview.reasons.map((reason) => `${reason[0].toUpperCase()}${reason.slice(1)}.`);
  const look = [];
  const { feeds, disk } = overview;
  if (!overview.alive) bad.push('One of its threads hangs.');
  if (overview.offline)
    look.push(`Nothing can be reached since ${clockText(overview.offline_since)}. No feed is blamed for that.`);
  if (overview.log.disturbances > 0)
    look.push('Somebody else changed the files of the event log. “feedwire log verify” tells whether it is whole.');
  if (overview.last_reload_error)
    look.push(`The last configuration was refused, the old one is in force: ${visible(overview.last_reload_error)}`);
  if (disk && disk.free_bytes < kLittleRoom * disk.total_bytes) look.push('There is little room on the disk.');
  if (feeds.longest_overdue > kLateSeconds && !overview.offline && overview.ready)
    look.push(`Polls are late: ${some(feeds.overdue, 'feed')} should have been polled by now.`);
  if (feeds.total > 1 && 2 * (feeds.failing + feeds.gone) >= feeds.total)
    look.push(`${feeds.failing + feeds.gone} of ${feeds.total} feeds fail.`);
  if (bad.length > 0) return { tone: 'bad', head: 'feedwired is not well', reasons: [...bad, ...look] };
  if (look.length > 0) return { tone: 'look', head: 'feedwired runs, but needs a look', reasons: look };
  return { tone: 'well', head: 'feedwired is well', reasons: [wellText(feeds)] };
}

function wellText(feeds) {
  if (feeds.total === 0) return 'It has no feeds yet: “feedwire feed add URL” adds one.';
  const ill = feeds.ill === 0 ? 'none is ill' : `${feeds.ill} ${feeds.ill === 1 ? 'is' : 'are'} ill`;
  return `It polls ${some(feeds.total, 'feed')} in time; ${ill}.`;
}

/// Of no answer, or none that says how it is.
function judgeSilence(error) {
  if (error instanceof Refusal) {
    const reason = `${error.message[0]?.toUpperCase() ?? ''}${error.message.slice(1)}.`;
    return { tone: 'bad', head: error.status === 503 ? 'feedwired is not well' : 'feedwired gives no answer',
      reasons: [visible(reason)] };
  }
  return { tone: 'bad', head: 'feedwired does not answer', reasons: [
    'It may be stopped, or the way to it is cut. This page goes on trying.',
    health.overview ? `It was last heard ${clockText(health.overview.now)}.` : ''].filter(Boolean) };
}

const kSigns = { well: '✓', look: '!', bad: '✕' };

/// Told to a screen reader only where it is another one than before.
function showVerdict({ tone, head, reasons }) {
  const text = JSON.stringify([tone, head, reasons]);
  if (text === health.shown) return;
  health.shown = text;
  document.getElementById('verdict').dataset.tone = tone;
  document.getElementById('sign').textContent = kSigns[tone];
  document.getElementById('verdict-head').textContent = head;
  fill(document.getElementById('reasons'), reasons.map((reason) => el('li', {}, reason)));
  document.title = document.title.replace(/^[✓!✕] |^/, `${kSigns[tone]} `);
}

const health = { overview: null, shown: '', heard: [] };

async function askHealth() {
  const told = live.stream?.last; // before the question: the log cannot end earlier
  try {
    const overview = await getJson('/v1/overview');
    clockAhead = Date.parse(overview.now) - Date.now();
    health.overview = overview;
    if (told > overview.log.last_sequence) forgetEvents();
    showVerdict(judge(overview));
    document.getElementById('about').textContent = `feedwired ${overview.version}, up since ${clockText(overview.started)}.`;
  } catch (error) {
    showVerdict(judgeSilence(error));
  }
  for (const listener of health.heard) listener(health.overview);
}

function fact(name, value, more, tone) {
  return el('div', { class: 'fact', 'data-tone': tone }, el('dt', {}, name), el('dd', {}, value),
    el('dd', { class: 'more' }, more));
}

function lagFact({ feeds, offline }) {
  const next = feeds.next_poll ? ['next poll ', when(feeds.next_poll, true)] : 'nothing to poll';
  if (feeds.overdue === 0) return fact('Polls', 'in time', next);
  return fact('Polls', `${count(feeds.overdue)} late`, `the longest by ${spanText(feeds.longest_overdue)}`,
    feeds.longest_overdue > kLateSeconds && !offline ? 'look' : undefined);
}

function diskFact({ disk }) {
  if (!disk) return null;
  const share = disk.free_bytes / disk.total_bytes;
  return fact('Disk', `${sizeText(disk.free_bytes)} free`, `of ${sizeText(disk.total_bytes)} (${Math.floor(share * 100)} %)`,
    share < kLittleRoom ? 'look' : undefined);
}

function readersFact({ cursors }) {
  if (cursors.length === 0) return fact('Readers with a cursor', 'none', 'nobody is waited for');
  const last = cursors.reduce((most, each) => each.behind > most.behind ? each : most);
  const names = cursors.map((each) => `${each.name}: ${count(each.behind)} behind`).join('\n');
  return fact('Readers with a cursor', last.behind === 0 ? 'none behind' : `${some(last.behind, 'event')} behind`,
    el('span', { title: names }, cursors.length === 1 ? last.name : `the furthest of ${cursors.length}: ${last.name}`));
}

/// The figures under the verdict.
function factList(overview) {
  const { feeds, log } = overview;
  const ill = feeds.ill > 0 ? el('a', { href: '#/feeds?state=ill' }, `${count(feeds.ill)} ill`) : 'none ill';
  const others = [feeds.new > 0 && `${count(feeds.new)} new`, feeds.paused > 0 && `${count(feeds.paused)} paused`].filter(Boolean);
  return el('dl', { class: 'facts', 'aria-label': 'Figures' },
    fact('Feeds', count(feeds.total), [ill, others.length > 0 && `, ${others.join(', ')}`]),
    lagFact(overview),
    fact('Last commit', overview.last_commit ? when(overview.last_commit) : 'none since the start', `event ${count(Number(log.last_sequence))}`),
    diskFact(overview),
    readersFact(overview),
    fact('Requests since the start', count(overview.polls), `${count(overview.failures)} failed; up ${spanText(
      (serverNow() - Date.parse(overview.started)) / 1000)}`));
}

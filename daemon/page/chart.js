
// --- A feed's entries over time, as bars and as a table ---------------------------------------------------

const kSvg = 'http://www.w3.org/2000/svg';
const kSeries = [['first', 'of its first document'], ['new', 'new'], ['edit', 'edited'], ['gone', 'deleted']];

function shape(name, attributes, ...children) {
  const made = document.createElementNS(kSvg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/// Counts by local time: 6 hours each of a week, days of a month. Each: {begin, end, first, new, edit, gone}.
function bins(hours, days) {
  const step = days > 7 ? 24 : 6;
  const begin = new Date(serverNow());
  begin.setHours(0, 0, 0, 0);
  begin.setDate(begin.getDate() - days + 1);
  const all = [];
  for (const at = begin; at.getTime() <= serverNow();) {
    const from = at.getTime();
    at.setHours(at.getHours() + step);
    all.push({ begin: from, end: at.getTime(), first: 0, new: 0, edit: 0, gone: 0 });
  }
  for (const hour of hours) {
    const bin = all.find(({ end }) => Date.parse(hour.hour) < end);
    if (!bin || Date.parse(hour.hour) < bin.begin) continue;
    bin.first += hour.initial ?? 0;
    bin.new += (hour.created ?? 0) + (hour.restored ?? 0);
    bin.edit += hour.updated ?? 0;
    bin.gone += hour.deleted ?? 0;
  }
  return all;
}

const sumOf = (all, key) => all.reduce((sum, bin) => sum + bin[key], 0);
const binText = ({ begin }, days) => new Date(begin).toLocaleString([], days > 7 ? { dateStyle: 'medium' }
  : { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const countsText = (of) => kSeries.filter(([key]) => of(key) > 0).map(([key, name]) => `${count(of(key))} ${name}`).join(', ') || 'none';

function bars(all, days, since, width) {
  const height = 170, left = 36, bottom = 22, top = 8;
  const room = height - bottom - top, wide = (width - left) / all.length;
  const most = Math.max(1, ...all.map((bin) => kSeries.reduce((sum, [key]) => sum + bin[key], 0)));
  const drawn = [];
  for (const value of most > 1 ? [0, Math.round(most / 2), most] : [0, 1]) {
    const y = top + room * (1 - value / most);
    drawn.push(shape('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }),
      shape('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, count(value)));
  }
  const every = Math.ceil(days * 44 / (width - left)); // days from one label to the next, so that they fit
  let day = 0;
  all.forEach((bin, at) => {
    const x = left + at * wide;
    if (bin.end <= since) drawn.push(shape('rect', { class: 'none', x, y: top, width: wide, height: room }));
    let y = top + room;
    const stack = shape('g', {}, shape('title', {}, `${binText(bin, days)}: ${countsText((key) => bin[key])}`));
    for (const [key] of kSeries) {
      const tall = room * bin[key] / most;
      if (tall > 0) stack.append(shape('rect', { class: key, x: x + 1, y: y - tall, width: Math.max(1, wide - 2), height: tall }));
      y -= tall;
    }
    drawn.push(stack);
    if (new Date(bin.begin).getHours() === 0 && day++ % every === 0)
      drawn.push(shape('text', { x: x + 1, y: height - 6 }, new Date(bin.begin).toLocaleDateString([],
        days > 7 ? { day: 'numeric', month: 'short' } : { weekday: 'short' })));
  });
  return drawn;
}

/// The chart, what it says in words, and all of it as a table.
function changesChart({ hours, since }, days, width) {
  const all = bins(hours, days);
  const words = `The last ${days} days: ${countsText((key) => sumOf(all, key))}.`;
  const from = Date.parse(since), room = Math.max(260, Math.floor(width));
  const seen = kSeries.filter(([key]) => sumOf(all, key) > 0);
  return [
    el('figcaption', {}, words, from > all[0].begin + 3600_000 && [' The log, or what could be searched of it, goes back to ', clockText(since), '.']),
    shape('svg', { class: 'chart', viewBox: `0 0 ${room} 170`, role: 'img', 'aria-label': words }, ...bars(all, days, from, room)),
    el('p', { class: 'key', 'aria-hidden': 'true' }, seen.map(([key, name]) => el('span', {}, el('i', { class: key }), name))),
    el('details', { 'data-key': 'chart' }, el('summary', {}, 'The same as a table'), el('table', {},
      el('caption', {}, `Events of entries, by ${days > 7 ? 'days' : 'six hours'}; times without any are left out.`),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'From'), kSeries.map(([, name]) => el('th', { scope: 'col' }, name)))),
      el('tbody', {}, all.filter((bin) => kSeries.some(([key]) => bin[key] > 0)).reverse().map((bin) => el('tr', {},
        el('th', { scope: 'row' }, binText(bin, days)), kSeries.map(([key]) => el('td', { class: 'number' }, count(bin[key])))))))),
  ];
}


// --- Text, elements, numbers and times: what all views are made of ---------------------------

// Drawn as nothing, or acts on its neighbours: C0, C1, bidi controls, what is invisible. The two
// joiners stay, which emoji and some scripts are written with.
const kHidden = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5'
  + '\\u180b-\\u180f\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb'
  + '\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]', 'gu');

function mark(char) {
  const code = char.codePointAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code); // the control pictures
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/// A stranger's text with nothing hidden in it, cut to so many characters.
function visible(text, longest = 300) {
  const chars = [...String(text).slice(0, longest * 2)];
  const cut = chars.length > longest || String(text).length > longest * 2;
  return chars.slice(0, longest).join('').replace(kHidden, mark) + (cut ? '…' : '');
}

/// An element. Text among `children` stays text; nothing is ever read as HTML.
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/// A stranger's text, which acts on nothing beside it.
const stranger = (text, longest) => el('bdi', {}, visible(text, longest));

/// The address if it leads to the web and hides no name and password, else null.
function webUrl(text) {
  try {
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}

/// Out of this page; of an address that leads nowhere only the text.
function outward(address, ...children) {
  const url = webUrl(address);
  if (!url) return el('span', {}, children);
  return el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, children);
}

const tag = (text, tone) => el('span', { class: 'tag', 'data-tone': tone }, text);
const soft = (...children) => el('span', { class: 'soft' }, children);

const count = (number) => Number(number ?? 0).toLocaleString('en');
const some = (number, one, many = `${one}s`) => `${count(number)} ${Number(number) === 1 ? one : many}`;

function sizeText(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; ++unit) bytes /= 1000;
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

/// In its largest unit, and the next one where that says more: "45 s", "12 min", "3 h 20 min".
function spanText(seconds) {
  seconds = Math.max(0, Math.round(seconds));
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const at = units.findIndex(([, size]) => seconds >= size);
  if (at < 0) return '0 s';
  const [name, size] = units[at];
  const whole = Math.floor(seconds / size);
  const rest = at < 2 && whole < 10 ? Math.round((seconds % size) / units[at + 1][1]) : 0;
  return `${whole} ${name}${rest > 0 ? ` ${rest} ${units[at + 1][0]}` : ''}`;
}

let clockAhead = 0; // of feedwired before this browser, in milliseconds
const serverNow = () => Date.now() + clockAhead;

/// Of what is `ahead` no more than that it is due is told once its time has come.
function relative(iso, ahead) {
  const seconds = (serverNow() - Date.parse(iso)) / 1000;
  if (Math.abs(seconds) < 1 || (ahead && seconds > 0)) return 'now';
  return seconds >= 0 ? `${spanText(seconds)} ago` : `in ${spanText(-seconds)}`;
}

/// A time that goes on being told from now; the clock's is in its tooltip.
function when(iso, ahead = false) {
  if (!iso) return el('span', {}, 'never');
  return el('time', { datetime: iso, title: new Date(iso).toLocaleString(), 'data-ahead': ahead }, relative(iso, ahead));
}

function refreshTimes() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const text = relative(time.dateTime, 'ahead' in time.dataset);
    if (time.textContent !== text) time.textContent = text;
  }
}

const clockText = (iso) => new Date(iso).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });

/// Puts other content in place. Where somebody was stays where it was, if it is still there; so do
/// opened details.
function fill(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute('href'), id = focused?.id;
  const open = new Set([...place.querySelectorAll('details[open]')].map((each) => each.dataset.key));
  place.replaceChildren(...children.flat(9).filter(Boolean));
  for (const each of place.querySelectorAll('details')) each.open = open.has(each.dataset.key);
  if (!focused) return;
  const again = id ? document.getElementById(id)
    : [...place.querySelectorAll('a[href], summary')].find((each) => href ? each.getAttribute('href') === href
      : each.localName === focused.localName);
  again?.focus({ preventScroll: true });
}

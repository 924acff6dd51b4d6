
// --- Which view is shown: what stands behind the # ------------------------------------------------------

const kViews = { '': overviewView, events: eventsView, feeds: feedsView, entries: entryView };
const main = document.getElementById('main');
let current = null;

/// "#/feeds/f-1?days=30" as {name, id, params}.
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, id] = path.split('/');
  let decoded = id ?? '';
  try {
    decoded = decodeURIComponent(decoded);
  } catch {
    // As it was typed.
  }
  return { name, id: decoded, params: new URLSearchParams(query ?? '') };
}

/// Changes what stands behind the "?", without a step that "back" would take; empty values go.
function setParams(changes) {
  const { name, id, params } = place();
  for (const [key, value] of Object.entries(changes)) {
    if (value) params.set(key, value);
    else params.delete(key);
  }
  const query = params.toString();
  history.replaceState(null, '', `#/${name}${id ? `/${encodeURIComponent(id)}` : ''}${query ? `?${query}` : ''}`);
}

function setTitle(text, isStrangers) {
  const sign = document.title.match(/^[✓!✕] /)?.[0] ?? '';
  document.title = `${sign}${visible(text, 80)} – feedwire`;
  const head = document.getElementById('view-head');
  if (head) head.replaceChildren(isStrangers ? stranger(text, 200) : text);
}

function route(event) {
  const at = place();
  const make = at.name === 'feeds' && at.id ? feedView : kViews[at.name] ?? overviewView;
  current?.close();
  current = make(at);
  if (!live.order) followAll();
  const head = el('h2', { id: 'view-head', tabindex: -1, class: current.hideTitle ? 'hidden-text' : 'title' }, current.title);
  main.replaceChildren(head, ...current.node.flat(9).filter(Boolean));
  setTitle(document.getElementById('view-head').textContent);
  for (const link of document.querySelectorAll('nav a')) {
    const shows = link.dataset.view === (at.name || 'overview') || (link.dataset.view === 'events' && at.name === 'entries');
    if (shows) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  // Who followed a link goes on reading there, not at the top of the page.
  if (event) {
    head.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

document.querySelector('.skip').onclick = (event) => {
  event.preventDefault(); // what stands behind the # is a view's
  main.focus();
};
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, select, textarea, dialog');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey || !current?.focus) return;
  event.preventDefault();
  current.focus.focus();
});

window.addEventListener('hashchange', route);
const healthTurns = repeat(5, askHealth);
document.addEventListener('visibilitychange', () => document.hidden || healthTurns.now());
setInterval(refreshTimes, 1000);
route();

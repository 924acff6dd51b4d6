// Functions that run inside the page. Each stands alone: playwright sends its source.

/// Before any script of the page: what an attack calls to show that it runs.
export function watchForScript() {
  const hit = () => window.feedwireHit?.();
  for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = hit;
}

/// Touches everything that a reader might: clicks, moves over, focuses, types.
export function touchAll() {
  const events = ['mouseover', 'mouseenter', 'pointerdown', 'mousedown', 'wheel', 'focusin', 'keydown',
    'input', 'toggle', 'beforetoggle', 'animationstart', 'transitionend', 'close', 'finish'];
  for (const element of [...document.querySelectorAll('body, body *')].slice(0, 200)) {
    for (const type of events) element.dispatchEvent(new Event(type, { bubbles: true }));
    element.focus?.();
    // SVG elements have no click().
    element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  }
}

/// What in the body the sanitiser should not have let through; the same after the DOM was printed
/// and read again, which is how mutations come about.
export function findForbidden({ reread }) {
  const elements = new Set(('a abbr acronym address article aside b bdi bdo big blockquote br caption cite code col '
    + 'colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins '
    + 'kbd li main mark menu nav ol p pre q rp rt ruby s samp section small strike strong sub summary sup table tbody '
    + 'td tfoot th thead time tr tt u ul var wbr').split(' '));
  const attributes = new Set(('alt cite colspan datetime dir height href lang open reversed rowspan span src srcset '
    + 'start title type value width').split(' '));
  const faults = [];
  const isHttp = (url) => /^https?:\/\/[^/]/.test(url);
  const root = document.body;
  if (reread) root.innerHTML = root.innerHTML;
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName;
    if (element.namespaceURI !== 'http://www.w3.org/1999/xhtml' || !elements.has(name)) faults.push(`<${name}>`);
    for (const { name: key, value } of element.attributes) {
      if (!attributes.has(key) || (key === 'type' && name !== 'ol')) faults.push(`${name} ${key}`);
      if (['href', 'src', 'cite'].includes(key) && !isHttp(value)) faults.push(`${key}=${value}`);
      if (key === 'srcset' && !value.split(', ').every(isHttp)) faults.push(`srcset=${value}`);
    }
  }
  if (root.attributes.length > 0) faults.push('attributes of <body>');
  return faults;
}

/// The URLs of images that the body names.
export function imageUrls() {
  const urls = [];
  for (const image of document.querySelectorAll('body img')) {
    urls.push(image.src);
    for (const candidate of image.srcset.split(', ')) urls.push(candidate.split(' ')[0]);
  }
  return urls;
}

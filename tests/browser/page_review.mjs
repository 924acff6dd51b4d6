// What is wrong with a document for those who see, hear or touch it otherwise than its maker: runs inside
// the page, stands alone, returns a list of faults.

export function review() {
  const faults = [];
  const say = (element, what) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const isShown = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest('[aria-hidden="true"], noscript, dialog:not([open])');
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  const nameOf = (element) => (element.getAttribute('aria-label')
    || (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim()
    || [...(element.labels ?? [])].map((label) => label.textContent).join(' ').trim()
    || element.textContent).trim();
  for (const element of all('a[href], button, input, select, summary, section, nav, [role="region"], [role="img"], [tabindex="0"]'))
    if (!nameOf(element)) say(element, 'no name');
  for (const element of all('[aria-labelledby], [for]'))
    for (const id of (element.getAttribute('aria-labelledby') ?? element.getAttribute('for')).split(' '))
      if (!document.getElementById(id)) say(element, `nothing is called ${id}`);

  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`twice: id ${id}`);
  for (const landmark of ['header', 'nav', 'main', 'footer']) if (all(`body > ${landmark}, body > header > ${landmark}`).length !== 1) faults.push(`not one <${landmark}>`);
  if (!document.documentElement.lang) faults.push('no language');
  if (!document.title) faults.push('no title');
  if (!document.querySelector('[aria-live="polite"]')) faults.push('nothing is told of by itself');

  const levels = all('h1, h2, h3, h4').map((heading) => Number(heading.localName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push(`${levels.filter((level) => level === 1).length} h1`);
  levels.forEach((level, at) => { if (at > 0 && level > levels[at - 1] + 1) faults.push(`h${level} after h${levels[at - 1]}`); });
  for (const list of all('ul, ol'))
    for (const child of list.children) if (child.localName !== 'li') say(child, 'no <li>');
  for (const table of all('table')) {
    if (!table.caption) say(table, 'no caption');
    for (const cell of table.querySelectorAll('th')) if (!cell.scope) say(cell, 'no scope');
  }
  for (const element of all('[tabindex]')) if (element.tabIndex > 0) say(element, 'its own order');

  // WCAG 1.4.3: text against what is behind it, 4.5 to 1.
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !isShown(element) || element.closest('script, style, option, .hidden-text, .skip')) continue;
    const [a, b] = [light(rgba(element.closest('svg') ? getComputedStyle(element).fill : getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) say(element, `contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }

  // Wide content may be scrolled in its own place, never the page.
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth} pixels wide, of ${root.clientWidth}`);
  // WCAG 2.5.8: what stands in a text is as large as its line.
  for (const element of all('button, select, input, nav a')) {
    const { width, height } = element.getBoundingClientRect();
    if (width < 24 || height < 24) say(element, `only ${Math.round(width)} × ${Math.round(height)}`);
  }
  return [...new Set(faults)];
}

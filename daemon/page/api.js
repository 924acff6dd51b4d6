
// --- Asking feedwired ---------------------------------------------------------------------------

const kToken = 'feedwire-token'; // in sessionStorage: of this tab, until it is closed

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const askDialog = document.getElementById('ask');
let asked = null; // what is resolved once there is a token

/// Asks for the token; all who need it wait for the same answer.
function askForToken(why) {
  if (asked) return asked;
  document.getElementById('ask-why').textContent = why;
  asked = new Promise((resolve) => {
    document.getElementById('ask-form').onsubmit = (event) => {
      event.preventDefault();
      const field = document.getElementById('token');
      sessionStorage.setItem(kToken, field.value.trim());
      field.value = '';
      asked = null;
      askDialog.close();
      resolve();
    };
  });
  // There is no going on without it.
  askDialog.oncancel = (event) => event.preventDefault();
  if (!askDialog.open) askDialog.showModal();
  return asked;
}

/// The response to a GET, once it is none that asks for a token. Throws a Refusal, or what fetch() does.
async function get(path, { signal, headers = {} } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(kToken);
    // Field values have bytes; a token has visible ASCII, and what else was typed is a wrong one.
    const bearer = token && /^[\x21-\x7e]+$/.test(token) ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(path, { signal, headers: { ...headers, ...bearer }, cache: 'no-store',
      credentials: 'omit', referrerPolicy: 'no-referrer' });
    document.getElementById('forget').hidden = !token;
    if (response.ok) return response;
    let detail = `${response.status} ${response.statusText}`;
    try {
      detail = (await response.json()).detail ?? detail;
    } catch {
      // Of whatever stands between; the status has to do.
    }
    if (response.status !== 401) throw new Refusal(response.status, detail);
    // Another request may have been answered with a token meanwhile.
    if (sessionStorage.getItem(kToken) === token)
      await askForToken(token ? 'This is not the token that feedwired knows: it is the text in the file that api.token_file names.'
        : 'Over TCP feedwired answers who has its token: the text in the file that api.token_file names.');
  }
}

const getJson = async (path, options) => (await get(path, options)).json();

document.getElementById('forget').onclick = () => {
  sessionStorage.removeItem(kToken);
  location.reload();
};

/// Calls `work` again and again, `seconds` after it was done, later if it takes long: at most a
/// twentieth of the time goes to it. `now()` calls it at once, `stop()` ends it. Of a tab that nobody
/// sees it is called once a minute.
function repeat(seconds, work) {
  let timer = 0, running = false, again = false, stopped = false;
  async function turn() {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    const began = performance.now();
    try {
      await work();
    } finally {
      running = false;
    }
    const wait = Math.max(seconds * 1000, 20 * (performance.now() - began), document.hidden ? 60_000 : 0);
    if (!stopped) timer = setTimeout(turn, again ? 500 : wait);
    again = false;
  }
  turn();
  return { now: turn, stop() { stopped = true; clearTimeout(timer); } };
}


// --- The log as it grows ------------------------------------------------------------------------

const kKeptEvents = 500;
const kSilenceMs = 40_000; // feedwired says something every 15 s
const kBackMs = [1000, 2000, 4000, 8000, 15_000, 30_000];

/// What a list shows of an event; the rest of its line is let go.
function essence(line) {
  const event = JSON.parse(line);
  const data = event.data ?? {};
  const isOfEntry = event.type.startsWith('feedwire.entry.');
  const item = isOfEntry ? data.after ?? data.seen ?? data.before ?? {} : {};
  // feed.added and its like have no `feed`, but what it was and is.
  const feed = data.feed ?? (event.subject?.startsWith('f-') ? { feed_id: event.subject, ...(data.after ?? data.before) } : {});
  return {
    sequence: event.sequence,
    type: event.type.replace(/^feedwire\./, ''),
    time: event.time,
    feed: feed.feed_id,
    feedName: feed.title || feed.name || feed.url || '',
    entry: data.key?.entry_key,
    title: item.title ?? '',
    url: item.url ?? data.key?.canonical_url ?? '',
    changed: data.changed ?? [],
    initial: data.initial === true,
    note: noteOf(event.type, data) || (isOfEntry ? '' : feed.url ?? ''),
  };
}

function noteOf(type, data) {
  switch (type) {
    case 'feedwire.feed.failing': return `failed ${data.failures} times: ${data.error ?? ''}`;
    case 'feedwire.feed.recovered': return `after ${data.failures} failures`;
    case 'feedwire.feed.gone': return 'its server says that it is gone';
    case 'feedwire.feed.moved': return `to ${data.to} (${data.cause})`;
    case 'feedwire.feed.gap': return `about ${data.est_missed} entries were missed`;
    case 'feedwire.feed.gap_closed': return `older pages brought ${data.entries} entries`;
    case 'feedwire.feed.warning': return [data.code, data.flaw, data.offset].filter(Boolean).join(', ');
    case 'feedwire.feed.schedule': return `every ${spanText(data.to)}, no longer every ${spanText(data.from)}`;
    case 'feedwire.feed.identity_changed': return `entries are told apart by ${data.to}, no longer by ${data.from}`;
    case 'feedwire.log.gap': return `${count(data.count)} events that were asked for are no longer in the log`;
    default: return '';
  }
}

/// Follows the log. `told` is called with {sequence, …} of each event, `state` with "live",
/// "connecting" or "interrupted" and, of the last, in how many seconds it tries again.
class LogStream {
  constructor(query, after, told, state) {
    Object.assign(this, { query, told, state, last: after, place: after, tries: 0, ended: false });
    this.run();
  }

  stop() {
    this.ended = true;
    this.request?.abort();
    clearTimeout(this.sleeping);
    this.wake?.();
  }

  async run() {
    while (!this.ended) {
      try {
        await this.follow();
      } catch (error) {
        if (this.ended) return;
        this.why = error;
      }
      if (this.ended) return;
      const wait = kBackMs[Math.min(this.tries++, kBackMs.length - 1)];
      this.state('interrupted', wait / 1000);
      await new Promise((resolve) => {
        this.wake = resolve;
        this.sleeping = setTimeout(resolve, wait);
      });
    }
  }

  /// Until the stream is cut. It has no end of its own.
  async follow() {
    this.request = new AbortController();
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': this.place };
    const response = await get(`/v1/events/stream?${this.query}`, { signal: this.request.signal, headers });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let silence = 0, text = '', field = {};
    try {
      for (;;) {
        clearTimeout(silence);
        silence = setTimeout(() => this.request.abort(), kSilenceMs);
        const { value, done } = await reader.read();
        if (done || this.ended) return;
        this.tries = 0;
        this.state('live');
        text += value;
        let begin = 0;
        for (let end; (end = text.indexOf('\n', begin)) >= 0; begin = end + 1)
          field = this.take(text.slice(begin, end), field);
        text = text.slice(begin);
      }
    } finally {
      clearTimeout(silence);
      this.request.abort();
    }
  }

  take(line, field) {
    if (line === '') {
      if (field.id) this.place = field.id;
      if (field.data) this.tell(field.data);
      return {};
    }
    const colon = line.indexOf(': ');
    if (colon > 0) field[line.slice(0, colon)] = line.slice(colon + 2);
    return field;
  }

  /// What was told already is not told again, whatever the network does.
  tell(line) {
    const event = essence(line);
    if (event.sequence <= this.last) return;
    this.last = event.sequence;
    this.told(event);
  }
}

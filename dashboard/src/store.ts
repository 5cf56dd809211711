// What the page knows of the gateway: asked for again and again, with the calls as they end. One object, many readers.
import { useLayoutEffect, useState } from 'preact/hooks';
import { type Call, type CatalogRow, get, type Overview, type Server } from './api.ts';

export const CALLS_KEPT = 2000;
const EVERY_MS = 2000;
const RETRY_MS = 1500;

export type Link = 'connecting' | 'live' | 'lost';

class Store {
  overview: Overview | null = null;
  servers: Server[] | null = null;
  calls: Call[] = []; // oldest first
  missed = 0;
  link: Link = 'connecting';
  lostAt = 0;
  restarted: string | null = null; // when another run of the gateway answered, its start
  window = 300;
  catalog = new Map<string, CatalogRow>();
  skew = 0; // the gateway's clock minus this one's, in ms

  private listeners = new Set<() => void>();
  private run: string | null = null;
  private source: EventSource | null = null;
  private lastId: string | null = null;
  private timer = 0;
  private scheduled = false;

  start(): void {
    document.addEventListener('visibilitychange', () => this.attend());
    this.attend();
    void this.loadCatalog();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setWindow(seconds: number): void {
    this.window = seconds;
    void this.poll();
  }

  dismissRestart(): void {
    this.restarted = null;
    this.changed();
  }

  get serverNow(): number {
    return Date.now() + this.skew;
  }

  // A page that nobody looks at asks for nothing, and holds no stream: it goes on where it was.
  private attend(): void {
    clearTimeout(this.timer);
    if (document.hidden) {
      this.source?.close();
      this.source = null;
    } else {
      void this.poll();
      this.openStream();
    }
  }

  private async loadCatalog(): Promise<void> {
    try {
      for (const row of await get<CatalogRow[]>('/api/errors')) this.catalog.set(row.code, row);
      this.changed();
    } catch {
      // asked for again when the gateway is back
    }
  }

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const [overview, servers] = await Promise.all([get<Overview>(`/api/overview?window=${this.window}`), get<Server[]>('/api/servers')]);
      this.learned(overview);
      this.servers = servers;
      if (this.link !== 'live') {
        this.link = 'live';
        if (this.catalog.size === 0) void this.loadCatalog();
      }
    } catch {
      if (this.link !== 'lost') this.lostAt = Date.now();
      this.link = 'lost';
    }
    this.changed();
    if (!document.hidden) this.timer = window.setTimeout(() => void this.poll(), this.link === 'lost' ? RETRY_MS : EVERY_MS);
  }

  private learned(overview: Overview): void {
    if (this.run !== null && this.run !== overview.run) this.restarted = overview.started;
    this.run = overview.run;
    this.overview = overview;
    this.skew = Date.parse(overview.now) - Date.now();
  }

  private openStream(): void {
    if (this.source) return;
    const from = this.lastId ? `after=${this.lastId}` : `recent=${CALLS_KEPT}`;
    const source = new EventSource(`/api/calls/stream?requests=all&${from}`);
    this.source = source;
    source.addEventListener('calls', (event) => {
      const { missed, calls } = JSON.parse(event.data) as { missed: number; calls: Call[] };
      this.lastId = event.lastEventId;
      this.missed += missed;
      this.calls = this.calls.concat(calls).slice(-CALLS_KEPT);
      this.changedSoon();
    });
    const again = (): void => {
      if (this.source !== source) return;
      source.close();
      this.source = null;
      window.setTimeout(() => !document.hidden && this.openStream(), RETRY_MS);
    };
    source.addEventListener('end', again);
    source.addEventListener('error', again);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  private changedSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.changed();
    });
  }
}

export const store = new Store();

export function useStore(): Store {
  const [, redraw] = useState(0);
  useLayoutEffect(() => store.subscribe(() => redraw((n) => n + 1)), []);
  return store;
}

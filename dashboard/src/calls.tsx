// Calls as they end: a live table with a filter, and everything that is known of one.
import { useLayoutEffect, useState } from 'preact/hooks';
import type { Call } from './api.ts';
import { isCall } from './calls_of.ts';
import { bytes, count, millis, plural, ranIn, visible } from './format.ts';
import { CodeLink, Copy, Empty, FailureChain, Meaning, moveRows, Time, useStore } from './parts.tsx';
import { link, replaceRoute, type Route } from './route.ts';
import { SetUp } from './setup.tsx';

const SHOWN = 300;

const nameOf = (call: Call): string => call.target ?? call.requested ?? call.method;

export function CallRows({ calls, chosen }: { calls: Call[]; chosen: string | null }) {
  const store = useStore();
  const query = new URLSearchParams(location.hash.split('?')[1] ?? '');
  const filter = Object.fromEntries(query);
  return (
    <table class="calls" onKeyDown={moveRows}>
      <caption class="hidden">Calls, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Ended</th>
          <th scope="col">Server</th>
          <th scope="col">What</th>
          <th scope="col">How</th>
          <th scope="col" class="narrow-out">Ran</th>
          <th scope="col" class="number">Took</th>
          <th scope="col" class="number narrow-out">Answer</th>
          <th scope="col" class="narrow-out">Ref</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr key={call.id} class={call.id === chosen ? 'chosen' : ''}>
            <td class="mono">
              <Time iso={new Date(Date.parse(call.started) + call.ms).toISOString()} />
            </td>
            <td>{call.server ?? <span class="faint">–</span>}</td>
            <td class="what">
              <a href={link('calls', call.id, filter)} data-row aria-current={call.id === chosen ? 'true' : undefined}>
                {nameOf(call)}
              </a>
              {call.method !== 'tools/call' && nameOf(call) !== call.method && <span class="small faint"> {call.method}</span>}
            </td>
            <td title={call.code ? store.catalog.get(call.code)?.meaning : undefined}>
              <CodeLink code={call.code} />
              {call.degraded && <span class="small"> {call.degraded}</span>}
            </td>
            <td class="narrow-out">{call.executed}</td>
            <td class="number">{millis(call.ms)}</td>
            <td class="number narrow-out">{bytes(call.responseBytes)}</td>
            <td class="mono narrow-out faint">{call.correlationId.slice(0, 8)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fact({ label, value, mono = false, copy = false }: { label: string; value: string | number | null; mono?: boolean; copy?: boolean }) {
  if (value === null) return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd class={mono ? 'mono' : ''}>
        {value} {copy && <Copy text={String(value)} what={label} />}
      </dd>
    </div>
  );
}

function Details({ call, back }: { call: Call; back: string }) {
  const { catalog } = useStore();
  return (
    <section class="panel details" aria-labelledby="call">
      <div class="head">
        <h2 id="call">{nameOf(call)}</h2>
        <a href={back} class="quiet" data-close>
          Close
        </a>
      </div>
      <dl class="facts">
        <Fact label="Correlation id" value={call.correlationId} mono copy />
        <Fact label="Trace id" value={call.traceId} mono copy />
        <div>
          <dt>Ended</dt>
          <dd>
            {call.code ? <CodeLink code={call.code} /> : <span class="ok">ok</span>}
            {call.kind && <span class="mono small"> {call.kind}</span>}
          </dd>
        </div>
        <Fact label="Executed" value={`${call.executed}: it ${ranIn[call.executed] ?? ''}`} />
        <Fact label="Degraded" value={call.degraded} mono />
        <div>
          <dt>Started</dt>
          <dd>
            <Time iso={call.started} />
          </dd>
        </div>
        <Fact label="Took" value={millis(call.ms)} />
        <Fact label="Method" value={call.method} mono />
        <Fact label="Server" value={call.server} />
        <Fact label="Asked for" value={call.requested} mono />
        <Fact label="Endpoint" value={call.endpoint === null ? '/mcp' : `/mcp/${call.endpoint}`} mono />
        <Fact label="Attempts" value={call.attempts === 0 ? 'none: no server was asked' : count(call.attempts)} />
        <Fact
          label="Recovery"
          value={call.recovery && `${call.recovery.strategy}: ${call.recovery.outcome.replaceAll('_', ' ')}`}
        />
        <Fact label="Request, answer" value={`${bytes(call.requestBytes)}, ${bytes(call.responseBytes)}`} />
        <Fact label="Principal" value={call.principal} />
        <Fact label="From" value={call.source} mono />
        <Fact label="Session" value={call.session} mono />
        <Fact label="Revision" value={call.revision} mono />
      </dl>
      {call.error && (
        <>
          <h3>What went wrong</h3>
          <FailureChain failure={call.error} />
        </>
      )}
      {call.code && <Meaning row={catalog.get(call.code)} />}
    </section>
  );
}

const FIELDS = ['server', 'target', 'code', 'text', 'ending', 'requests'] as const;
type Filter = Partial<Record<(typeof FIELDS)[number], string>>;

function matches(call: Call, filter: Filter): boolean {
  if (filter.requests !== 'all' && !isCall(call.method)) return false;
  if (filter.server && call.server !== filter.server) return false;
  if (filter.target && nameOf(call) !== filter.target) return false;
  if (filter.code && call.code !== filter.code) return false;
  if (filter.ending === 'ok' && call.code) return false;
  if (filter.ending === 'failed' && (!call.code || call.code === 'PROTO_013')) return false;
  if (!filter.text) return true;
  const sought = filter.text.toLowerCase();
  return [call.server, call.target, call.requested, call.code, call.kind, call.method, call.correlationId, call.principal, call.source].some((text) => text?.toLowerCase().includes(sought));
}

const distinct = (values: (string | null)[]): string[] => [...new Set(values.filter((value): value is string => value !== null))].sort();

function Choice({ name, label, values, filter, change }: { name: (typeof FIELDS)[number]; label: string; values: string[]; filter: Filter; change: (name: string, value: string) => void }) {
  const chosen = filter[name] ?? '';
  const all = chosen && !values.includes(chosen) ? [...values, chosen] : values;
  return (
    <label>
      <span>{label}</span>
      <select value={chosen} onChange={(event) => change(name, event.currentTarget.value)}>
        <option value="">any</option>
        {all.map((value) => (
          <option key={value} value={value}>
            {visible(value)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function CallsView({ route }: { route: Route }) {
  const store = useStore();
  const [paused, setPaused] = useState<Call[] | null>(null);
  const filter: Filter = {};
  for (const field of FIELDS) {
    const value = route.query.get(field);
    if (value) filter[field] = value;
  }
  const change = (name: string, value: string): void => replaceRoute(link('calls', route.rest, { ...filter, [name]: value }));
  const toggle = (): void => setPaused((held) => (held ? null : store.calls));
  // A layout effect listens before what it is for can be seen: a key pressed at the first sight of the list is not lost.
  useLayoutEffect(() => {
    const key = (event: Event): void => {
      if ((event as CustomEvent<string>).detail === 'p') toggle();
    };
    addEventListener('shortcut', key);
    return () => removeEventListener('shortcut', key);
  });
  const all = paused ?? store.calls;
  const shown = all.filter((call) => matches(call, filter)).reverse();
  const chosen = store.calls.find(({ id }) => id === route.rest) ?? all.find(({ id }) => id === route.rest);
  const back = link('calls', null, filter);
  const last = paused?.at(-1)?.id;
  const waiting = paused ? store.calls.slice(store.calls.findIndex(({ id }) => id === last) + 1).filter((call) => matches(call, filter)).length : 0;
  return (
    <>
      <div class="head">
        <h1>Calls</h1>
        <span class="note" role="status">
          {paused ? `paused, ${plural(waiting, 'call')} since` : store.link === 'live' ? 'live' : 'waiting for the gateway'}
        </span>
        <button type="button" aria-pressed={paused !== null} onClick={toggle} title="Pause (p)">
          {paused ? 'Go on' : 'Pause'}
        </button>
      </div>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Filter</span>
          <input type="search" data-filter value={filter.text ?? ''} placeholder="tool, server, code, ref…   /" onInput={(event) => change('text', event.currentTarget.value)} />
        </label>
        <Choice name="server" label="Server" values={distinct(store.calls.map(({ server }) => server))} filter={filter} change={change} />
        <Choice name="target" label="Tool" values={distinct(store.calls.filter(({ method }) => isCall(method)).map(nameOf))} filter={filter} change={change} />
        <Choice name="code" label="Code" values={distinct(store.calls.map(({ code }) => code))} filter={filter} change={change} />
        <Choice name="ending" label="Ended" values={['ok', 'failed']} filter={filter} change={change} />
        <label class="check">
          <input type="checkbox" checked={filter.requests === 'all'} onChange={(event) => change('requests', event.currentTarget.checked ? 'all' : '')} />
          <span>lists and handshakes too</span>
        </label>
      </form>
      {store.missed > 0 && <p class="note">{plural(store.missed, 'request')} ended faster than this page could be told of them.</p>}
      <div class={chosen ? 'beside' : ''}>
        <section class="panel" aria-label="Calls">
          {shown.length > 0 ? (
            <CallRows calls={shown.slice(0, SHOWN)} chosen={route.rest} />
          ) : all.some(({ method }) => isCall(method)) ? (
            <Empty title="No call fits this filter.">
              <a href={link('calls')}>Show all</a>
            </Empty>
          ) : (
            <Empty title="No calls yet">
              <p>Give an agent this address; its calls show here as they end.</p>
              <SetUp mcp={store.overview?.mcp ?? []} />
            </Empty>
          )}
          {shown.length > SHOWN && <p class="note">{plural(shown.length - SHOWN, 'older call')} more; filter to find them.</p>}
        </section>
        {chosen && <Details call={chosen} back={back} />}
        {route.rest && !chosen && store.calls.length > 0 && <p class="note">That call is no longer kept: the gateway remembers the last 2,000 requests.</p>}
      </div>
    </>
  );
}

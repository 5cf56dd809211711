// The first view: is all well, how much is asked, how fast, and what fails.
import type { Latency, Overview } from './api.ts';
import { Band, Bars, describeLatency, describeRate, gather, Share } from './charts.tsx';
import { count, millis, percent, plural, rate, visible } from './format.ts';
import { CallRows } from './calls.tsx';
import { isCall } from './calls_of.ts';
import { CodeLink, Empty, Since, State, useStore } from './parts.tsx';
import { link } from './route.ts';
import { SetUp } from './setup.tsx';

const SPANS = [
  [60, '1 min'],
  [300, '5 min'],
  [900, '15 min'],
] as const;
const BAR_SECONDS = 5;

// Which window the sums are of; kept by the store, which asks for it.
function Spans() {
  const store = useStore();
  return (
    <div class="segments" role="group" aria-label="Figures of the last">
      {SPANS.map(([seconds, label]) => (
        <button key={seconds} type="button" aria-pressed={store.window === seconds} onClick={() => store.setWindow(seconds)}>
          {label}
        </button>
      ))}
    </div>
  );
}

function Figure({ label, value, note, bad = false }: { label: string; value: string; note: string; bad?: boolean }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={bad ? 'value bad' : 'value'}>{value}</dd>
      <dd class="note">{note}</dd>
    </div>
  );
}

function Figures({ overview }: { overview: Overview }) {
  const { window, servers } = overview;
  const lately = overview.rate.calls.slice(-11, -1).reduce((sum, calls) => sum + calls, 0) / 10;
  const all = servers.up + servers.down + servers.starting + servers.idle;
  return (
    <dl class="figures">
      <Figure label="Servers up" value={`${servers.up} of ${all}`} bad={servers.down > 0} note={servers.down > 0 ? `${plural(servers.down, 'server')} down` : servers.idle > 0 ? `${servers.idle} idle, started when asked for` : 'none down'} />
      <Figure label="Calls per second" value={rate(lately)} note={`${plural(servers.inFlight, 'call')} under way`} />
      <Figure label="Failed" value={percent(window.failed, window.calls)} bad={window.failed > 0} note={`${count(window.failed)} of ${plural(window.calls, 'call')}`} />
      <Figure label="Latency, median" value={millis(window.p50)} note={`p90 ${millis(window.p90)} · p99 ${millis(window.p99)}`} />
    </dl>
  );
}

function Charts({ overview }: { overview: Overview }) {
  const calls = gather(overview.rate.calls, BAR_SECONDS);
  const failed = gather(overview.rate.failed, BAR_SECONDS);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  const { p50, p95 } = overview.latency;
  const last = p50.findLastIndex((value) => value !== null);
  return (
    <div class="charts">
      <figure class="panel">
        <figcaption>
          <h2>Calls</h2>
          <span class="note">last 5 minutes, {BAR_SECONDS} s a bar; at most {rate(Math.max(...calls) / BAR_SECONDS)}/s</span>
        </figcaption>
        <Bars bars={calls.map((value, index) => ({ value, bad: failed[index] ?? 0 }))} label={describeRate(sum(calls), sum(failed))} />
        <p class="ends" aria-hidden="true">
          <span>5 min ago</span>
          <span class="key">
            <i class="swatch" /> ended well <i class="swatch bad" /> failed
          </span>
          <span>now</span>
        </p>
      </figure>
      <figure class="panel">
        <figcaption>
          <h2>Latency</h2>
          <span class="note">last 15 minutes, from p50 to p95, logarithmic</span>
        </figcaption>
        <Band low={p50} high={p95} label={describeLatency(p50[last] ?? null, p95[last] ?? null)} />
        <p class="ends" aria-hidden="true">
          <span>15 min ago</span>
          <span>{last < 0 ? 'no calls' : `lately ${millis(p50[last] ?? null)} to ${millis(p95[last] ?? null)}`}</span>
          <span>now</span>
        </p>
      </figure>
    </div>
  );
}

function Failures({ overview }: { overview: Overview }) {
  const { byCode, byKind } = overview.window;
  const store = useStore();
  if (byCode.length === 0) return <Empty title="Nothing failed in this time." />;
  const most = Math.max(...byCode.map((each) => each.count), 1);
  return (
    <>
      <table>
        <caption class="hidden">Failures by code</caption>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">What it means</th>
            <th scope="col" class="number">
              Calls
            </th>
          </tr>
        </thead>
        <tbody>
          {byCode.map((each) => (
            <tr key={each.code}>
              <td>
                <CodeLink code={each.code} />
              </td>
              <td class="wide">{store.catalog.get(each.code)?.meaning ?? ''}</td>
              <td class="number">
                <a href={link('calls', null, { code: each.code })} aria-label={`${plural(each.count, 'call')} with ${each.code}`}>
                  {count(each.count)}
                </a>
                <Share of={each.count} most={most} bad />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3 class="below">By kind</h3>
      <ul class="kinds">
        {byKind.map((each) => (
          <li key={each.kind}>
            <span class="mono small">{each.kind}</span> <span class="number">{count(each.count)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

const OTHER = 'other';
const nameOf = (target: { method: string | null; server: string | null; target: string | null }): string =>
  target.target ?? (target.server === null ? 'names unknown or denied' : target.method === 'tools/call' ? 'tools that it does not list' : (target.method ?? OTHER));

function Targets({ overview }: { overview: Overview }) {
  const targets = overview.window.byTarget;
  if (targets.length === 0) return <Empty title="No calls in this time." />;
  const most = Math.max(...targets.map((each) => each.calls), 1);
  const cell = (latency: Latency, key: keyof Latency) => <td class="number">{millis(latency[key])}</td>;
  return (
    <table>
      <caption class="hidden">Calls by tool</caption>
      <thead>
        <tr>
          <th scope="col">Server</th>
          <th scope="col">Tool</th>
          <th scope="col" class="number">Calls</th>
          <th scope="col" class="number">Failed</th>
          <th scope="col" class="number">p50</th>
          <th scope="col" class="number narrow-out">p99</th>
          <th scope="col" class="number narrow-out">Slowest</th>
        </tr>
      </thead>
      <tbody>
        {targets.slice(0, 12).map((each) => (
          <tr key={`${each.method}/${each.server}/${each.target}`}>
            <td>{each.server ? <a href={link('servers', each.server)}>{each.server}</a> : <span class="faint">–</span>}</td>
            <td>{each.target ? <a href={link('calls', null, { server: each.server, target: each.target })}>{each.target}</a> : <span class="faint">{nameOf(each)}</span>}</td>
            <td class="number">
              {count(each.calls)}
              <Share of={each.calls} most={most} />
            </td>
            <td class={each.failed > 0 ? 'number bad' : 'number'}>{each.failed === 0 ? <span class="faint">0</span> : count(each.failed)}</td>
            {cell(each, 'p50')}
            <td class="number narrow-out">{millis(each.p99)}</td>
            <td class="number narrow-out">{millis(each.max)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Down() {
  const { servers, catalog } = useStore();
  const down = (servers ?? []).filter(({ state }) => state === 'down');
  if (down.length === 0) return null;
  return (
    <section class="panel alarm" aria-labelledby="down">
      <h2 id="down">{plural(down.length, 'server')} down</h2>
      <ul class="plain">
        {down.map((server) => {
          const row = server.lastError ? catalog.get(server.lastError.code) : undefined;
          return (
            <li key={server.name}>
              <State state="down" /> <a href={link('servers', server.name)}>{server.name}</a> for <Since iso={server.since} />
              {server.lastError && (
                <>
                  : <CodeLink code={server.lastError.code} /> {row?.meaning} <strong class="next">{row?.actions[0]}</strong>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const REASONS = { threshold: 'too many in a short time', rule: 'a rule of the configuration', standard: 'always told' };

// What operators were told of, the newest first.
function Alerts({ overview }: { overview: Overview }) {
  if (overview.alerts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="alerts">
      <h2 id="alerts">Alerts</h2>
      <ul class="plain">
        {overview.alerts.slice(0, 8).map((alert) => (
          <li key={`${alert.last} ${alert.code} ${alert.server}`}>
            <Since iso={alert.last} /> ago: <CodeLink code={alert.code} /> {visible(alert.text)}{' '}
            <span class="small">
              {REASONS[alert.because]}
              {alert.server && (
                <>
                  {' · '}
                  <a href={link('servers', alert.server)}>{alert.server}</a>
                </>
              )}
              {alert.quarantined && ' · quarantined'}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Recovery({ overview }: { overview: Overview }) {
  const { byStrategy } = overview.window;
  if (byStrategy.length === 0) return null;
  return (
    <>
      <h3 class="below">What was done about it</h3>
      <ul class="kinds">
        {byStrategy.map(({ strategy, tried, recovered }) => (
          <li key={strategy}>
            <span class="mono small">{strategy}</span> <span class="number">{strategy === 'escalate' ? plural(tried, 'call') : `${count(recovered)} of ${plural(tried, 'call')} recovered`}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function OverviewView() {
  const store = useStore();
  const { overview } = store;
  if (!overview) return <Empty title={store.link === 'lost' ? 'The gateway does not answer.' : 'Asking the gateway…'} />;
  const quiet = overview.totals.calls === 0;
  const calls = store.calls.filter(({ method }) => isCall(method)).slice(-8).reverse();
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <Spans />
      </div>
      <Down />
      <Alerts overview={overview} />
      <Figures overview={overview} />
      <Charts overview={overview} />
      {quiet ? (
        <section class="panel" aria-labelledby="first">
          <h2 id="first">No calls yet</h2>
          <p>Give an agent this one address, and what it calls shows here as it ends.</p>
          <SetUp mcp={overview.mcp} />
        </section>
      ) : (
        <>
          <div class="columns">
            <section class="panel" aria-labelledby="by-tool">
              <h2 id="by-tool">By tool</h2>
              <Targets overview={overview} />
            </section>
            <section class="panel" aria-labelledby="by-code">
              <h2 id="by-code">What failed</h2>
              <Failures overview={overview} />
              <Recovery overview={overview} />
            </section>
          </div>
          <section class="panel" aria-labelledby="last">
            <div class="head">
              <h2 id="last">Last calls</h2>
              <a href={link('calls')}>All calls, live</a>
            </div>
            <CallRows calls={calls} chosen={null} />
          </section>
        </>
      )}
    </>
  );
}

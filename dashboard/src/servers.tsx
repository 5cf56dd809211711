// The servers behind the gateway: who is up, what is wrong with who is not, and what each said last on its stderr.
import { useEffect, useState } from 'preact/hooks';
import { type BreakerPart, getText, type Server } from './api.ts';
import { count, millis, percent, plural, visible } from './format.ts';
import { CodeLink, Empty, FailureChain, Meaning, moveRows, Since, State, useStore } from './parts.tsx';
import { link, type Route } from './route.ts';

function Logs({ name }: { name: string }) {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    const load = (): void => {
      getText(`/api/servers/${encodeURIComponent(name)}/logs`).then(
        (lines) => !gone && setText(lines),
        () => !gone && setText((before) => before ?? ''),
      );
    };
    load();
    const timer = setInterval(() => !document.hidden && load(), 3000);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [name]);
  if (text === null) return <p class="note">Asking…</p>;
  if (text.trim() === '') return <Empty title="It has written nothing to its stderr." />;
  return (
    <pre class="foreign tall" tabIndex={0} aria-label={`The end of the stderr of ${name}`}>
      {visible(text.split('\n').slice(-200).join('\n'))}
    </pre>
  );
}

function refused({ tool, caller }: BreakerPart): string {
  if (tool && caller) return `calls of ${visible(tool)} by ${visible(caller)}`;
  if (tool) return `calls of ${visible(tool)}`;
  return caller ? `calls by ${visible(caller)}` : 'all calls';
}

// A rule switched it off, or its operator did.
const stateOf = ({ state, quarantine }: Server): string => (quarantine ? 'quarantined' : state);

function Details({ server }: { server: Server }) {
  const { catalog, overview } = useStore();
  const mine = (overview?.window.byTarget ?? []).filter(({ server: name }) => name === server.name);
  const calls = mine.reduce((sum, each) => sum + each.calls, 0);
  const failed = mine.reduce((sum, each) => sum + each.failed, 0);
  return (
    <section class="panel details" aria-labelledby="server">
      <div class="head">
        <h2 id="server">{server.name}</h2>
        <a href={link('servers')} class="quiet" data-close>
          Close
        </a>
      </div>
      <p>
        <State state={stateOf(server)} /> for <Since iso={server.since} />, with {plural(server.tools, 'tool')}, {plural(server.resources + server.resourceTemplates, 'resource')}, {plural(server.prompts, 'prompt')}. <a href={link('calls', null, { server: server.name })}>{count(calls)} calls</a> in this window, {percent(failed, calls)} failed.{' '}
        <a href={link('tools', null, { endpoint: server.name })}>Its tools</a>
      </p>
      {server.quarantine && (
        <p>
          A rule put it into quarantine for <CodeLink code={server.quarantine} />: nothing of it is listed or called until <code>sallyport servers enable {server.name}</code>.
        </p>
      )}
      {server.lastError && (
        <>
          <h3>{server.state === 'up' ? 'Its last error, before it came back' : 'Why'}</h3>
          <FailureChain failure={server.lastError} />
          <Meaning row={catalog.get(server.lastError.code)} />
        </>
      )}
      {server.breaker.parts.length > 0 && (
        <>
          <h3>Circuit breaker</h3>
          <ul>
            {server.breaker.parts.map((part) => (
              <li key={`${part.caller} ${part.tool}`}>
                {part.state === 'open' ? 'Open' : 'Half open'} for {refused(part)}: {part.state === 'open' ? `it is asked in ${millis(part.probeInMs)} whether it works` : 'it is being asked whether it works'}.
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Stderr</h3>
      {server.transport === 'stdio' ? <Logs name={server.name} /> : <p class="note">It is reached over HTTP: its log is where it runs.</p>}
    </section>
  );
}

export function ServersView({ route }: { route: Route }) {
  const { servers, overview, catalog } = useStore();
  if (!servers) return <Empty title="Asking the gateway…" />;
  const chosen = servers.find(({ name }) => name === route.rest);
  const median = (name: string): number | null => {
    const busiest = overview?.window.byTarget.find(({ server }) => server === name);
    return busiest?.p50 ?? null;
  };
  return (
    <>
      <div class="head">
        <h1>Servers</h1>
      </div>
      <div class={chosen ? 'beside' : ''}>
        <section class="panel" aria-label="Servers">
          <table onKeyDown={moveRows}>
            <caption class="hidden">Servers behind the gateway</caption>
            <thead>
              <tr>
                <th scope="col">Server</th>
                <th scope="col">State</th>
                <th scope="col">For</th>
                <th scope="col">Last error</th>
                <th scope="col" class="number">Tools</th>
                <th scope="col" class="number narrow-out">Under way</th>
                <th scope="col" class="number">Restarts</th>
                <th scope="col" class="number narrow-out">Median</th>
                <th scope="col" class="narrow-out">Transport</th>
                <th scope="col" class="narrow-out">Revision</th>
                <th scope="col" class="number narrow-out">Pid</th>
              </tr>
            </thead>
            <tbody>
              {servers.map((server) => (
                <tr key={server.name} class={server.name === route.rest ? 'chosen' : ''}>
                  <td class="what">
                    <a href={link('servers', server.name)} data-row>
                      {server.name}
                    </a>
                  </td>
                  <td>
                    <State state={stateOf(server)} />
                    {server.breaker.parts.length > 0 && <span class="small">{server.breaker.state === 'closed' ? ' breaker partly open' : ` breaker ${server.breaker.state.replace('_', ' ')}`}</span>}
                  </td>
                  <td>
                    <Since iso={server.since} />
                  </td>
                  <td class="wide">
                    {server.lastError ? (
                      <>
                        <CodeLink code={server.lastError.code} /> <span class="small">{server.state === 'up' ? 'before it came back' : catalog.get(server.lastError.code)?.meaning}</span>
                      </>
                    ) : (
                      <span class="faint">none</span>
                    )}
                  </td>
                  <td class="number">{count(server.tools)}</td>
                  <td class="number narrow-out">{count(server.inFlight)}</td>
                  <td class="number">{count(server.restarts)}</td>
                  <td class="number narrow-out">{millis(median(server.name))}</td>
                  <td class="narrow-out">{server.transport}</td>
                  <td class="narrow-out mono">{server.revision ?? <span class="faint">–</span>}</td>
                  <td class="number narrow-out mono">{server.pid ?? <span class="faint">–</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {servers.length === 0 && <Empty title="No servers: the config names none." />}
        </section>
        {chosen && <Details server={chosen} />}
      </div>
    </>
  );
}

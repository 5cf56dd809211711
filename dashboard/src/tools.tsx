// The catalogue of tools as an agent sees it. Names, descriptions and schemas were written by the servers.
import { useEffect, useState } from 'preact/hooks';
import { type Catalogue, type Entries, get, type Tool, type Tools } from './api.ts';
import { count, plural, visible } from './format.ts';
import { Empty, moveRows, Since, State, useStore } from './parts.tsx';
import { link, replaceRoute, type Route } from './route.ts';

const text = (value: unknown): string => (typeof value === 'string' ? visible(value) : '');
const object = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});

function typeOf(schema: Record<string, unknown>): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  if (schema.type === 'array') return `${typeOf(object(schema.items)) || 'any'}[]`;
  return typeof schema.type === 'string' ? schema.type : (['anyOf', 'oneOf', 'allOf', '$ref', 'const'].find((key) => key in schema) ?? 'any');
}

function Arguments({ schema }: { schema: Record<string, unknown> }) {
  const properties = Object.entries(object(schema.properties));
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  if (properties.length === 0) return <p class="note">It takes no arguments.</p>;
  return (
    <table>
      <caption class="hidden">Arguments</caption>
      <thead>
        <tr>
          <th scope="col">Argument</th>
          <th scope="col">Type</th>
          <th scope="col">What it is</th>
        </tr>
      </thead>
      <tbody>
        {properties.map(([name, value]) => (
          <tr key={name}>
            <td class="mono">
              {visible(name)}
              {required.has(name) && <span class="small"> required</span>}
            </td>
            <td class="mono small">{visible(typeOf(object(value)))}</td>
            <td class="wide">{text(object(value).description)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Details({ tool, back }: { tool: Tool; back: string }) {
  const { definition } = tool;
  const annotations = Object.entries(object(definition.annotations)).filter(([, value]) => typeof value === 'boolean');
  return (
    <section class="panel details" aria-labelledby="tool">
      <div class="head">
        <h2 id="tool" class="mono">
          {visible(tool.name)}
        </h2>
        <a href={back} class="quiet" data-close>
          Close
        </a>
      </div>
      <p class="small">
        <a href={link('servers', tool.server)}>{tool.server}</a> <State state={tool.state} />, called <span class="mono">{visible(tool.target)}</span> there
        {tool.idempotent ? ', may be repeated' : ''}
        {tool.timeoutMs !== null ? `, ${count(tool.timeoutMs / 1000)} s at most` : ''}. <a href={link('calls', null, { server: tool.server, target: tool.target })}>Its calls</a>
      </p>
      <p class="foreign-text">{text(definition.description) || 'It has no description.'}</p>
      {annotations.length > 0 && <p class="small">The server says: {annotations.map(([key, value]) => `${visible(key)} ${String(value)}`).join(', ')}</p>}
      <h3>Arguments</h3>
      <Arguments schema={object(definition.inputSchema)} />
      <details>
        <summary>The definition as an agent gets it</summary>
        <pre class="foreign tall" tabIndex={0}>
          {visible(JSON.stringify(definition, null, 2))}
        </pre>
      </details>
    </section>
  );
}

// Prompts, resources or templates; nothing where there are none.
function Listed({ title, what, listed, sought }: { title: string; what: string; listed: Entries; sought: string }) {
  const lower = sought.toLowerCase();
  const entries = listed.entries.filter(({ name, server, definition }) => [name, server ?? '', text(definition.description)].some((each) => each.toLowerCase().includes(lower)));
  if (listed.total === 0) return null;
  return (
    <section class="panel" aria-label={title}>
      <div class="head">
        <h2>{title}</h2>
        <span class="note">
          {listed.total}
          {listed.total > listed.entries.length && `, the first ${listed.entries.length} are shown`}
        </span>
      </div>
      {entries.length === 0 && <p class="note">None fits this search.</p>}
      {entries.length > 0 && (
        <table>
          <caption class="hidden">{title} of this endpoint</caption>
          <thead>
            <tr>
              <th scope="col">{what}</th>
              <th scope="col">Server</th>
              <th scope="col">Description</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(({ name, server, state, definition }) => (
              <tr key={name}>
                <td class="what mono">{visible(name)}</td>
                <td>
                  {server} {state !== null && state !== 'up' && <State state={state} />}
                </td>
                <td class="wide clip">{text(definition.description) || text(definition.title) || (what === 'Prompt' ? '' : text(definition.name))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function ToolsView({ route }: { route: Route }) {
  const { servers, link: connection, overview } = useStore();
  const endpoint = route.query.get('endpoint');
  const sought = route.query.get('text') ?? '';
  const [answer, setAnswer] = useState<Tools | null>(null);
  const [catalogue, setCatalogue] = useState<Catalogue | null>(null);
  const [failed, setFailed] = useState(false);
  const state = (servers ?? []).map((server) => `${server.name}${server.state}${server.tools}-${server.prompts}-${server.resources}-${server.resourceTemplates}`).join();
  useEffect(() => {
    let gone = false;
    const where = endpoint ? `?endpoint=${encodeURIComponent(endpoint)}` : '';
    get<Catalogue>(`/api/catalogue${where}`).then(
      (listed) => !gone && setCatalogue(listed),
      () => {}, // the tools say that nobody answers
    );
    get<Tools>(`/api/tools${where}`).then(
      (tools) => {
        if (gone) return;
        setAnswer(tools);
        setFailed(false);
      },
      () => !gone && setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, [endpoint, state, connection, overview?.run]);
  const change = (name: string, value: string): void => replaceRoute(link('tools', name === 'endpoint' ? null : route.rest, { endpoint, text: sought, [name]: value }));
  const lower = sought.toLowerCase();
  const tools = (answer?.tools ?? []).filter(({ name, server, definition }) => [name, server, text(definition.description)].some((each) => each.toLowerCase().includes(lower)));
  const chosen = answer?.tools.find(({ name }) => name === route.rest);
  const off = (answer?.servers ?? []).filter(({ state: each }) => each !== 'up');
  return (
    <>
      <div class="head">
        <h1>Tools</h1>
        <span class="note">{answer ? `${plural(answer.tools.length, 'tool')} as an agent sees them at /mcp${endpoint ? `/${endpoint}` : ''}` : ''}</span>
      </div>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input type="search" data-filter value={sought} placeholder="name, server, description…   /" onInput={(event) => change('text', event.currentTarget.value)} />
        </label>
        <label>
          <span>Endpoint</span>
          <select value={endpoint ?? ''} onChange={(event) => change('endpoint', event.currentTarget.value)}>
            <option value="">/mcp, all servers</option>
            {(servers ?? []).map(({ name }) => (
              <option key={name} value={name}>
                /mcp/{name}
              </option>
            ))}
          </select>
        </label>
      </form>
      {off.map((server) => (
        <p class="note" key={server.server}>
          <State state={server.state} /> <a href={link('servers', server.server)}>{server.server}</a> for <Since iso={server.since} />
          {server.state === 'idle' ? ': it is started, and its tools are listed, when an agent first asks.' : server.state === 'disabled' ? ': its tools are not listed, and answer SYS_003 until `sallyport servers enable`.' : server.listed > 0 ? `: its ${plural(server.listed, 'tool')} of before are still listed, and answer TOOL_006.` : ': its tools are missing here.'}
        </p>
      ))}
      <div class={chosen ? 'beside' : ''}>
        <section class="panel" aria-label="Tools">
          {failed && !answer && <Empty title="The gateway does not say." />}
          {answer && tools.length === 0 && <Empty title={answer.tools.length === 0 ? 'No tools are listed yet.' : 'No tool fits this search.'} />}
          {tools.length > 0 && (
            <table onKeyDown={moveRows}>
              <caption class="hidden">Tools of this endpoint</caption>
              <thead>
                <tr>
                  <th scope="col">Tool</th>
                  <th scope="col">Server</th>
                  <th scope="col">Description</th>
                </tr>
              </thead>
              <tbody>
                {tools.map((tool) => (
                  <tr key={tool.name} class={tool.name === route.rest ? 'chosen' : ''}>
                    <td class="what mono">
                      <a href={link('tools', tool.name, { endpoint, text: sought })} data-row>
                        {visible(tool.name)}
                      </a>
                    </td>
                    <td>
                      {tool.server} {tool.state !== 'up' && <State state={tool.state} />}
                    </td>
                    <td class="wide clip">{text(tool.definition.description).length > 180 ? `${text(tool.definition.description).slice(0, 180)}…` : text(tool.definition.description)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {(answer?.servers ?? []).map(({ server, denied, dropped }) => (
            <div key={server}>
              {denied.length > 0 && (
                <p class="note">
                  {server}: hidden from agents by <span class="mono">tools.deny</span> or <span class="mono">tools.allow</span>: <span class="mono">{denied.map(visible).join(', ')}</span>
                </p>
              )}
              {dropped.map((line) => (
                <p class="note" key={line}>
                  {server}: left out: {visible(line)}
                </p>
              ))}
            </div>
          ))}
          {(answer?.hidden ?? []).length > 0 && <p class="note">An earlier server has the name of: {answer?.hidden.map(visible).join(', ')}</p>}
        </section>
        {chosen && <Details tool={chosen} back={link('tools', null, { endpoint, text: sought })} />}
      </div>
      {catalogue && (
        <>
          <Listed title="Prompts" what="Prompt" listed={catalogue.prompts} sought={sought} />
          <Listed title="Resources" what="URI" listed={catalogue.resources} sought={sought} />
          <Listed title="Resource templates" what="Template" listed={catalogue.templates} sought={sought} />
        </>
      )}
    </>
  );
}

// The catalogue of errors: what each code means, who acts, what to do.
import { count } from './format.ts';
import { Empty, Meaning, moveRows, useStore } from './parts.tsx';
import { link, replaceRoute, type Route } from './route.ts';

export function ErrorsView({ route }: { route: Route }) {
  const { catalog, overview } = useStore();
  const sought = route.query.get('text') ?? '';
  const lower = sought.toLowerCase();
  const rows = [...catalog.values()].filter(({ code, name, meaning, kind }) => [code, name, meaning, kind].some((text) => text.toLowerCase().includes(lower)));
  const chosen = route.rest ? catalog.get(route.rest) : undefined;
  const counts = new Map((overview?.window.byCode ?? []).map(({ code, count: calls }) => [code, calls]));
  return (
    <>
      <div class="head">
        <h1>Errors</h1>
        <span class="note">what every code means, and what to do</span>
      </div>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input type="search" data-filter value={sought} placeholder="code, name, meaning…   /" onInput={(event) => replaceRoute(link('errors', route.rest, { text: event.currentTarget.value }))} />
        </label>
      </form>
      <div class={chosen ? 'beside' : ''}>
        <section class="panel" aria-label="Codes">
          {rows.length === 0 ? (
            <Empty title="No code fits this search." />
          ) : (
            <table onKeyDown={moveRows}>
              <caption class="hidden">Codes</caption>
              <thead>
                <tr>
                  <th scope="col">Code</th>
                  <th scope="col">Meaning</th>
                  <th scope="col" class="number">In this window</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.code} class={row.code === route.rest ? 'chosen' : ''}>
                    <td class="what mono">
                      <a href={link('errors', row.code, { text: sought })} data-row>
                        {row.code}
                      </a>
                    </td>
                    <td class="wide">{row.meaning}</td>
                    <td class="number">{counts.has(row.code) ? <a href={link('calls', null, { code: row.code })} aria-label={`${count(counts.get(row.code) ?? 0)} calls with ${row.code}`}>{count(counts.get(row.code) ?? 0)}</a> : <span class="faint">0</span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        {chosen && (
          <section class="panel details" aria-labelledby="code">
            <div class="head">
              <h2 id="code">
                <span class="mono">{chosen.code}</span> <span class="small mono">{chosen.name}</span>
              </h2>
              <a href={link('errors', null, { text: sought })} class="quiet" data-close>
                Close
              </a>
            </div>
            <p class="small">
              {chosen.severity} · {chosen.strategy} · <span class="mono">{chosen.kind}</span> · {chosen.canRetry ? 'passes by itself' : 'does not pass by itself'}
              {chosen.shownAs && ` · callers see ${chosen.shownAs}`}
            </p>
            <Meaning row={chosen} />
            <p>
              <a href={link('calls', null, { code: chosen.code })}>Calls that ended so</a>
            </p>
          </section>
        )}
      </div>
    </>
  );
}

// Where the page is: #/view/…?name=value, so that everything worth showing to somebody has a link.
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Route {
  view: string;
  rest: string | null;
  query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', ...rest] = path.split('/');
  let name: string | null = null;
  try {
    name = rest.length > 0 && rest[0] !== '' ? decodeURIComponent(rest.join('/')) : null;
  } catch {
    name = null;
  }
  return { view: view || 'overview', rest: name, query: new URLSearchParams(query) };
}

export function link(view: string, rest?: string | null, query?: Record<string, string | null | undefined>): string {
  const path = `#/${view === 'overview' ? '' : view}${rest ? `/${encodeURIComponent(rest)}` : ''}`;
  const pairs = Object.entries(query ?? {}).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useLayoutEffect(() => {
    const moved = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return route;
}

// Changes the address without a step in the history: what is typed into a filter is no place to go back to.
export function replaceRoute(to: string): void {
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

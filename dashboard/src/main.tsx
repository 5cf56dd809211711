// The frame: navigation, the state of the connection, keys, and the view that the address names.
import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CallsView } from './calls.tsx';
import { ErrorsView } from './errors.tsx';
import { localTime, span } from './format.ts';
import { OverviewView } from './overview.tsx';
import { applyTheme, Empty, Since, ThemeButton, useStore } from './parts.tsx';
import type { Reload } from './api.ts';
import { link, type Route, useRoute } from './route.ts';
import { ServersView } from './servers.tsx';
import { store } from './store.ts';
import { ToolsView } from './tools.tsx';

const VIEWS = ['overview', 'servers', 'calls', 'tools', 'errors'] as const;
const KEYS: [string, string][] = [
  ['1 … 5', 'overview, servers, calls, tools, errors'],
  ['/', 'to the filter'],
  ['↑ ↓ Home End', 'from row to row'],
  ['Enter', 'opens a row'],
  ['Esc', 'closes what is open, leaves the filter'],
  ['p', 'pauses the live calls'],
  ['t', 'light, dark, or as the system'],
  ['?', 'this help'],
];

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'overview':
      return <OverviewView />;
    case 'servers':
      return <ServersView route={route} />;
    case 'calls':
      return <CallsView route={route} />;
    case 'tools':
      return <ToolsView route={route} />;
    case 'errors':
      return <ErrorsView route={route} />;
    default:
      return (
        <Empty title="There is no such view.">
          <a href={link('overview')}>To the overview</a>
        </Empty>
      );
  }
}

function Connection() {
  const { link: state, overview, lostAt } = useStore();
  if (state === 'lost') return <span class="link lost">no answer for {span((Date.now() - lostAt) / 1000)}</span>;
  if (!overview) return <span class="link">connecting…</span>;
  if (overview.draining) return <span class="link lost">draining</span>;
  return (
    <span class="link live">
      <span aria-hidden="true">●</span> {overview.version}, up <Since iso={overview.started} />
    </span>
  );
}

// A configuration that is wrong changes nothing: what runs is an older one than the file says.
function ReloadBanner({ reload }: { reload: Reload }) {
  const { first } = reload;
  const place = first?.file && first.line > 0 ? `${first.file}:${first.line}:${first.column}: ` : '';
  return (
    <p class="banner bad">
      The configuration was wrong when it was read at {localTime(reload.at)}: nothing was changed, that of {localTime(reload.inForceSince)} is in force. {place}
      {[first?.path, first?.what].filter(Boolean).join(' ')}
      {reload.mistakes > 1 && ` (and ${reload.mistakes - 1} more)`}. <code>sallyport check</code> says what to write instead.
    </p>
  );
}

function Banners() {
  const { link: state, restarted, overview, lostAt } = useStore();
  return (
    <div role="status" class="banners">
      {state === 'lost' && (
        <p class="banner bad">
          The gateway does not answer since {localTime(new Date(lostAt).toISOString())}. What you see is what it said last; this page goes on by itself when it is back.
        </p>
      )}
      {state === 'live' && overview?.draining && <p class="banner">The gateway drains: calls under way finish, new ones are refused with LIMIT_008.</p>}
      {state === 'live' && overview && !overview.reload.ok && <ReloadBanner reload={overview.reload} />}
      {state === 'live' && restarted && (
        <p class="banner">
          The gateway was restarted at {localTime(restarted)}: figures begin anew.{' '}
          <button type="button" class="quiet" onClick={() => store.dismissRestart()}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

function Help({ open, close }: { open: boolean; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="help">
      <h2 id="help">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}

const typing = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.matches('input:not([type=checkbox]), select, textarea') || target.isContentEditable);

function onKey(event: KeyboardEvent, help: () => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') {
    if (typing(event.target)) (event.target as HTMLElement).blur();
    else document.querySelector<HTMLAnchorElement>('[data-close]')?.click();
    return;
  }
  if (typing(event.target)) return;
  const view = VIEWS[Number(event.key) - 1];
  if (view) location.hash = link(view);
  else if (event.key === '/') document.querySelector<HTMLInputElement>('[data-filter]')?.focus();
  else if (event.key === '?') help();
  else if (event.key === 't') document.querySelector<HTMLButtonElement>('[data-theme-button]')?.click();
  else if (event.key === 'p') dispatchEvent(new CustomEvent('shortcut', { detail: 'p' }));
  else if (event.key === 'ArrowDown' && document.activeElement === document.body) document.querySelector<HTMLElement>('[data-row]')?.focus();
  else return;
  event.preventDefault();
}

function App() {
  const route = useRoute();
  const { servers } = useStore();
  const [help, setHelp] = useState(false);
  useLayoutEffect(() => {
    const key = (event: KeyboardEvent): void => onKey(event, () => setHelp(true));
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, []);
  useEffect(() => {
    const title = route.view.charAt(0).toUpperCase() + route.view.slice(1);
    document.title = `${title} · Sallyport`;
  }, [route.view]);
  const down = (servers ?? []).filter(({ state }) => state === 'down').length;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}>
        Skip to the content
      </a>
      <header>
        <a class="brand" href={link('overview')}>
          <img src="/dashboard.svg" alt="" width="22" height="22" /> Sallyport
        </a>
        <nav aria-label="Views">
          {VIEWS.map((view) => (
            <a key={view} href={link(view)} aria-current={route.view === view ? 'page' : undefined}>
              {view.charAt(0).toUpperCase() + view.slice(1)}
              {view === 'servers' && down > 0 && <span class="badge">{down}<span class="hidden"> down</span></span>}
            </a>
          ))}
        </nav>
        <Connection />
        <ThemeButton />
        <button type="button" class="quiet" onClick={() => setHelp(true)} aria-label="Keys" title="Keys (?)">
          ?
        </button>
      </header>
      <Banners />
      <main id="main" tabIndex={-1}>
        <View route={route} />
      </main>
      <Help open={help} close={() => setHelp(false)} />
    </>
  );
}

applyTheme();
store.start();
const root = document.getElementById('app');
if (root) render(<App />, root);

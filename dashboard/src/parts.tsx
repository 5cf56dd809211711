// What several views are made of.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { CatalogRow, Failure } from './api.ts';
import { localTime, ranIn, span, visible } from './format.ts';
import { link } from './route.ts';
import { store, useStore } from './store.ts';

export function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={iso}>
      {localTime(iso)}
    </time>
  );
}

export function Since({ iso }: { iso: string }) {
  const seconds = (store.serverNow - Date.parse(iso)) / 1000;
  return (
    <time dateTime={iso} title={`${iso} (${localTime(iso)})`}>
      {span(seconds)}
    </time>
  );
}

const MARKS: Record<string, string> = { up: '●', down: '▲', starting: '◐', idle: '○', disabled: '■', quarantined: '■' };

export function State({ state }: { state: string }) {
  return (
    <span class={`state ${state}`}>
      <span aria-hidden="true">{MARKS[state] ?? '·'}</span> {state}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      setCopied(false); // the text can be selected
    }
  };
  return (
    <button type="button" class="quiet" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {copied ? 'copied' : 'copy'}
    </button>
  );
}

export function CodeLink({ code }: { code: string | null }) {
  if (!code) return <span class="ok">ok</span>;
  return (
    <a class={code.startsWith('RECOVERY') || code === 'PROTO_013' ? 'code mild' : 'code'} href={link('errors', code)} title={store.catalog.get(code)?.meaning ?? code}>
      {code}
    </a>
  );
}

// What a code means and who does what about it, out of the catalogue.
export function Meaning({ row }: { row: CatalogRow | undefined }) {
  if (!row) return null;
  return (
    <div class="meaning">
      <p>{row.meaning}</p>
      <p>
        <span class="label">The gateway</span> {row.gatewayDoes}
      </p>
      <p>
        <span class="label">Who acts</span> {row.whoActs}
      </p>
      <p class="label" id={`do-${row.code}`}>
        What to do
      </p>
      <ul aria-labelledby={`do-${row.code}`}>
        {row.actions.map((action) => (
          <li key={action}>{action}</li>
        ))}
      </ul>
    </div>
  );
}

// One failure and what caused it. `detail` was written by others.
export function FailureChain({ failure }: { failure: Failure }) {
  const chain: Failure[] = [];
  for (let at: Failure | undefined = failure; at && chain.length < 16; at = at.cause) chain.push(at);
  return (
    <ol class="chain">
      {chain.map((each, index) => (
        <li key={index}>
          <CodeLink code={each.code} /> <span class="mono small">{each.kind}</span>
          {each.phase && <span class="small"> in phase <span class="mono">{each.phase}</span></span>}
          <span class="small">, {ranIn[each.executed] ?? each.executed}</span>
          {each.detail && <pre class="foreign">{visible(each.detail)}</pre>}
        </li>
      ))}
    </ol>
  );
}

export function Foreign({ text }: { text: string }) {
  return <>{visible(text)}</>;
}

const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

function storedTheme(): Theme {
  try {
    const theme = localStorage.getItem('theme');
    return theme === 'light' || theme === 'dark' ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

export function applyTheme(theme: Theme = storedTheme()): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  const change = (): void => {
    try {
      localStorage.setItem('theme', next);
    } catch {
      // then it lasts as long as the page
    }
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="quiet" onClick={change} aria-label={`Colours: ${theme}. Change to ${next}`} title="Colours (t)" data-theme-button>
      <span aria-hidden="true">{theme === 'auto' ? '◑' : theme === 'light' ? '☀' : '☾'}</span> {theme}
    </button>
  );
}

// Up and down move between the rows of a list, Home and End to its ends.
export function moveRows(event: KeyboardEvent & { currentTarget: EventTarget }): void {
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  rows[Math.max(0, Math.min(to, rows.length - 1))]?.focus();
}

export { useStore };

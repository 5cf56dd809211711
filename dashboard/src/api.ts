// What the admin port answers: docs/admin-api.md.

export interface Overview {
  version: string;
  run: string;
  started: string;
  now: string;
  draining: boolean;
  mcp: string[];
  reload: Reload;
  totals: { requests: number; calls: number; failed: number };
  servers: { idle: number; starting: number; up: number; down: number; disabled: number; inFlight: number };
  rate: { stepSeconds: number; calls: number[]; failed: number[] };
  latency: { stepSeconds: number; p50: (number | null)[]; p95: (number | null)[] };
  window: Window;
  alerts: Alert[];
}

export interface Alert {
  code: string;
  severity: 'low' | 'medium' | 'high' | 'critical';
  server: string | null;
  because: 'threshold' | 'rule' | 'standard';
  quarantined: boolean;
  repeated: boolean;
  count: number;
  last: string;
  text: string;
}

export interface Reload {
  at: string;
  ok: boolean;
  mistakes: number;
  first: Mistake | null;
  inForceSince: string;
}

export interface Mistake {
  file: string | null;
  line: number;
  column: number;
  path: string | null;
  what: string | null;
  why: string | null;
  instead: string | null;
}

export interface Latency {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  max: number | null;
}

export interface Window extends Latency {
  seconds: number;
  calls: number;
  failed: number;
  byCode: { code: string; count: number }[];
  byKind: { kind: string; count: number }[];
  byStrategy: { strategy: string; tried: number; recovered: number }[];
  byTarget: Target[];
}

export interface Target extends Latency {
  method: string | null;
  server: string | null;
  target: string | null;
  calls: number;
  failed: number;
}

export interface Failure {
  code: string;
  name: string;
  kind: string;
  executed: string;
  phase?: string;
  detail?: string;
  cause?: Failure;
}

export interface BreakerPart {
  scope: 'server' | 'tool' | 'caller' | 'caller_tool';
  tool: string | null;
  caller: string | null;
  state: string;
  probeInMs: number;
}

export interface Server {
  name: string;
  transport: 'stdio' | 'http';
  state: string;
  since: string;
  quarantine: string | null;
  lastError: Failure | null;
  era: string | null;
  revision: string | null;
  pid: number | null;
  restarts: number;
  instances: number;
  tools: number;
  resources: number;
  resourceTemplates: number;
  prompts: number;
  inFlight: number;
  breaker: { state: string; parts: BreakerPart[] };
}

export interface Call {
  id: string;
  started: string;
  ms: number;
  method: string;
  revision: string;
  endpoint: string | null;
  server: string | null;
  target: string | null;
  requested: string | null;
  code: string | null;
  kind: string | null;
  executed: string;
  degraded: string | null;
  attempts: number;
  recovery: { strategy: string; attempts: number; outcome: string } | null;
  requestBytes: number;
  responseBytes: number;
  principal: string | null;
  source: string | null;
  session: string | null;
  correlationId: string;
  traceId: string | null;
  error: Failure | null;
}

export interface CatalogRow {
  code: string;
  name: string;
  severity: string;
  strategy: string;
  kind: string;
  canRetry: boolean;
  shownAs: string | null;
  meaning: string;
  whoActs: string;
  gatewayDoes: string;
  actions: string[];
}

export interface Tool {
  name: string;
  server: string;
  target: string;
  state: string;
  idempotent: boolean;
  timeoutMs: number | null;
  definition: Record<string, unknown>;
}

export interface Tools {
  endpoint: string | null;
  complete: boolean;
  tools: Tool[];
  servers: { server: string; state: string; since: string; listed: number; denied: string[]; dropped: string[] }[];
  hidden: string[];
}

export interface Entry {
  name: string;
  server: string | null;
  state: string | null;
  definition: Record<string, unknown>;
}

export interface Entries {
  total: number;
  entries: Entry[];
}

export interface Catalogue {
  endpoint: string | null;
  complete: boolean;
  prompts: Entries;
  resources: Entries;
  templates: Entries;
}

const PATIENCE_MS = 8000;

export async function ask(path: string): Promise<Response> {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store', credentials: 'omit' });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}

export const get = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
export const getText = async (path: string): Promise<string> => (await ask(path)).text();

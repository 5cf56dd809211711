// Which requests people mean by a call: those that have a server do something, or read something of it.
const CALLS = new Set(['tools/call', 'prompts/get', 'resources/read', 'completion/complete']);
export const isCall = (method: string): boolean => CALLS.has(method);

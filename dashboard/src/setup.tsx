// How an agent gets to this gateway.
import { Copy } from './parts.tsx';

// What to paste where, for who has no agent here yet.
export function SetUp({ mcp }: { mcp: string[] }) {
  const url = mcp[0];
  if (!url) return <p class="note">This gateway serves MCP on its standard input and output: the agent that started it is the one that calls.</p>;
  const entry = `{"mcpServers": {"sallyport": {"url": "${url}"}}}`;
  const lines = [
    ['Claude Code', `claude mcp add --transport http sallyport ${url}`],
    ['Cursor, ~/.cursor/mcp.json', entry],
    ['VS Code, .vscode/mcp.json', `{"servers": {"sallyport": {"type": "http", "url": "${url}"}}}`],
  ] as const;
  return (
    <dl class="setup">
      {lines.map(([where, what]) => (
        <div key={where}>
          <dt>{where}</dt>
          <dd>
            <code>{what}</code> <Copy text={what} what={`the line for ${where}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

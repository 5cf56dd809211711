// A config object as the YAML that a person would write: block maps, flow lists, quoted strings.
export function toYaml(value, indent = '') {
  const lines = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const isMap = member !== null && typeof member === 'object' && !Array.isArray(member) && Object.keys(member).length > 0;
    if (isMap) lines.push(`${indent}${key}:`, toYaml(member, `${indent}  `));
    else lines.push(`${indent}${key}: ${JSON.stringify(member)}`);
  }
  return lines.join('\n');
}

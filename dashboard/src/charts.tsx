// Small charts as inline SVG: bars for rates, a band for latencies. Each says in words what it shows.
import { count, millis } from './format.ts';

interface Bar {
  value: number;
  bad: number;
}

// One bar a step, the newest at the right; what failed stands at the foot of its bar.
export function Bars({ bars, label, height = 84 }: { bars: Bar[]; label: string; height?: number }) {
  const width = 600;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const step = width / bars.length;
  const scale = (value: number): number => (value === 0 ? 0 : Math.max(2, (value / most) * (height - 4)));
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <line class="axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {bars.map(({ value, bad }, index) => {
        if (value === 0) return null;
        const x = index * step + step * 0.12;
        const tall = scale(value);
        const foot = bad === 0 ? 0 : Math.min(tall, scale(bad));
        return (
          <g key={index}>
            <rect class="bar" x={x} width={step * 0.76} y={height - tall} height={tall - foot} />
            {foot > 0 && <rect class="bar bad" x={x} width={step * 0.76} y={height - foot} height={foot} />}
          </g>
        );
      })}
    </svg>
  );
}

// p50 up to p95 of each step, on a logarithmic scale: a band where calls ended, nothing where none did.
export function Band({ low, high, label, height = 84 }: { low: (number | null)[]; high: (number | null)[]; label: string; height?: number }) {
  const width = 600;
  const known = [...low, ...high].filter((value): value is number => value !== null && value > 0);
  const floor = Math.log10(Math.max(0.05, Math.min(...known, 1000)) / 2);
  const ceiling = Math.max(Math.log10(Math.max(...known, 1) * 1.3), floor + 1);
  const y = (value: number): number => height - 2 - ((Math.log10(Math.max(value, 0.05)) - floor) / (ceiling - floor)) * (height - 6);
  const step = width / low.length;
  return (
    <svg class="chart" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <line class="axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {low.map((from, index) => {
        const to = high[index] ?? null;
        if (from === null || to === null) return null;
        const top = Math.max(1, y(to));
        const bottom = Math.max(y(from), top + 2);
        const x = index * step + step * 0.15;
        return (
          <g key={index}>
            <rect class="band" x={x} width={step * 0.7} y={top} height={bottom - top} rx="1" />
            <rect class="middle" x={x} width={step * 0.7} y={bottom - 2} height="2.5" />
          </g>
        );
      })}
    </svg>
  );
}

// A share as a bar in a table cell; the number beside it says the same.
export function Share({ of, most, bad = false }: { of: number; most: number; bad?: boolean }) {
  const width = most === 0 ? 0 : Math.max(1.5, (100 * of) / most);
  return (
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class={bad ? 'bar bad' : 'bar'} width={of === 0 ? 0 : width} height="6" rx="1" />
    </svg>
  );
}

// Seconds summed to bars of `step`.
export function gather(values: number[], step: number): number[] {
  const bars: number[] = [];
  for (let at = 0; at < values.length; at += step) bars.push(values.slice(at, at + step).reduce((sum, value) => sum + value, 0));
  return bars;
}

export const describeRate = (calls: number, failed: number): string =>
  `Calls over the last five minutes: ${count(calls)}, of which ${count(failed)} failed`;
export const describeLatency = (p50: number | null, p95: number | null): string =>
  p50 === null ? 'Latency over the last quarter of an hour: no calls' : `Latency, slice by slice over the last quarter of an hour; lately half of the calls took up to ${millis(p50)}, 95 of 100 up to ${millis(p95)}`;

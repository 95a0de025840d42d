import type { Cell } from './orders.js';
import type { Plan } from './plan.js';
import { ratios, type Spread } from './stats.js';

/** The compared figures of one stack. */
type Measured = { cells: Cell[]; highest?: Cell; memoryAfterLoadMb: number; startSeconds: number };

/** Both sides of one round. */
export type Round = { here: Measured; other: Measured };

const whole = (value: number, width: number): string => (Number.isNaN(value) ? '-' : String(Math.round(value))).padStart(width);

export const cellLine = (cell: Cell): string => {
  const { perSecond, orders, refused, missing, answeredPerSecond, answer, paid, frame, shipped, cpuMsPerOrder, sustained } = cell;
  return [
    `  ${whole(perSecond, 3)} orders/s, ${whole(orders, 4)} orders`,
    `Paid p50${whole(paid.p50, 6)} p99${whole(paid.p99, 6)} ms`,
    `frame${whole(frame.p50, 6)}${whole(frame.p99, 6)}`,
    `answer${whole(answer.p50, 5)}${whole(answer.p99, 6)}`,
    ...(shipped ? [`window's end → Shipped${whole(shipped.p50, 6)}${whole(shipped.p99, 6)}`] : []),
    `${cpuMsPerOrder.toFixed(1).padStart(6)} CPU ms an order`,
    `answered ${answeredPerSecond.toFixed(1)}/s`,
    `${sustained ? 'sustained' : 'not sustained'}${refused + missing > 0 ? ` (${refused} refused, ${missing} missing)` : ''}`,
  ].join(' │ ');
};

export const settingsLines = (
  { windowSeconds, loadSeconds, warmUp }: Plan,
  machine: { node: string; cores: number; model: string },
): string[] => [
  `window ${windowSeconds} s, provider's latency 0 ms, ${loadSeconds} s of load a cell after ${warmUp.perSecond * warmUp.seconds} orders to warm up`,
  `Node ${machine.node}, ${machine.cores} cores (${machine.model})`,
];

type Figure = { title: string; of: (cell: Cell) => number | undefined };

const figures: Figure[] = [
  { title: 'Paid p50', of: ({ paid }) => paid.p50 },
  { title: 'Paid p99', of: ({ paid }) => paid.p99 },
  { title: 'Shipped p50', of: ({ shipped }) => shipped?.p50 },
  { title: 'Shipped p99', of: ({ shipped }) => shipped?.p99 },
  { title: 'CPU an order', of: ({ cpuMsPerOrder }) => cpuMsPerOrder },
  { title: 'answered', of: ({ answeredPerSecond }) => answeredPerSecond },
];

/** This side divided by the other, round by round, so that influences on both sides cancel out. */
export const ratioTable = (rounds: readonly Round[], { rates, life, findHighest }: Plan): string[] => {
  const columns = figures.filter(({ title }) => life || !title.startsWith('Shipped'));
  const ratioOf = (figure: (side: Measured) => number | undefined): string =>
    spreadText(ratios(rounds.map(({ here, other }) => ({ here: figure(here), other: figure(other) }))));
  const row = (title: string, cellOf: (side: Measured) => Cell | undefined): string[] => [
    title,
    ...columns.map(({ of }) =>
      ratioOf((side) => {
        const cell = cellOf(side);
        return cell && of(cell);
      }),
    ),
  ];
  const table = [
    ['', ...columns.map(({ title }) => title)],
    ...rates.map((rate) => row(`${rate} orders/s`, ({ cells }) => cells.find(({ perSecond }) => perSecond === rate))),
    ...(findHighest ? [row('at the highest rate', ({ highest }) => highest)] : []),
  ];
  return [
    ...aligned(table),
    ...(findHighest ? [`highest rate ${ratioOf(({ highest }) => highest?.perSecond)}`] : []),
    `start ${ratioOf(({ startSeconds }) => startSeconds)}, memory after the load ${ratioOf(({ memoryAfterLoadMb }) => memoryAfterLoadMb)}`,
  ];
};

const spreadText = ({ min, median, max }: Spread): string =>
  Number.isNaN(median) ? '-' : [min, median, max].map((ratio) => ratio.toFixed(2)).join('–');

const aligned = (table: string[][]): string[] => {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join('   '),
  );
};

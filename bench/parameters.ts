import type { CompactValue } from "@heliograph/protocol";

const LEAVES = 10;
const TABLES = [
  "WiFi.AccessPoint",
  "IP.Interface",
  "Ethernet.Interface",
  "NAT.PortMapping",
  "Hosts.Host",
] as const;

export type Parameter = readonly [path: string, value: CompactValue];

/** So many parameters of a device: rows of ten in the tables of five top-level objects, their types in turn. */
export function parametersOf(count: number): readonly Parameter[] {
  return Array.from({ length: count }, (_, number) => [pathOf(number), valueOf(number)] as const);
}

function pathOf(number: number): string {
  const row = Math.floor(number / LEAVES);
  const instance = Math.floor(row / TABLES.length) + 1;
  return `Device.${TABLES[row % TABLES.length] ?? ""}.${instance}.Parameter${number % LEAVES}`;
}

function valueOf(number: number): CompactValue {
  const values: readonly CompactValue[] = [
    number % 2 === 0,
    number,
    `value ${number}`,
    [`-${number}`, "long"],
  ];
  return values[number % values.length] ?? null;
}

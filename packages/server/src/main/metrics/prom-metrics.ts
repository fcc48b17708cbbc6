import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { metricRows, type LabelsOf, type MetricName, type MetricRow } from "../../ports/index.ts";
import type { Metrics } from "../../ports/index.ts";

type Labels = Readonly<Record<string, string>>;

/** A number that somebody else keeps. */
interface Watched {
  readonly labels: Labels;
  readonly read: () => number | Promise<number>;
}

/** The metrics of this process, with what Node says of it: event loop, memory, garbage collection. */
export function promMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return new PromMetrics(registry);
}

class PromMetrics implements Metrics {
  readonly #registry: Registry;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  /** By the metric's name and the values of its labels. */
  readonly #watched = new Map<string, Map<string, Watched>>();

  constructor(registry: Registry) {
    this.#registry = registry;
    for (const row of metricRows) this.#add(row);
  }

  count<N extends MetricName<"counter">>(name: N, labels: LabelsOf<N>): void {
    this.#counters.get(name)?.inc(bounded(name, labels));
  }

  observe<N extends MetricName<"histogram">>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#histograms.get(name)?.observe(bounded(name, labels), value);
  }

  watch<N extends MetricName<"gauge" | "counter">>(
    name: N,
    given: LabelsOf<N>,
    read: () => number | Promise<number>,
  ): void {
    const labels = bounded(name, given);
    this.#watched.get(name)?.set(JSON.stringify(labels), { labels, read });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #add({ name, type, help, labels, buckets = [] }: MetricRow): void {
    const numbers = new Map<string, Watched>();
    this.#watched.set(name, numbers);
    const described = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
    switch (type) {
      case "counter":
        this.#counters.set(name, new Counter({ ...described, collect: collectCounter(numbers) }));
        return;
      case "gauge":
        new Gauge({ ...described, collect: collectGauge(numbers) });
        return;
      case "histogram":
        this.#histograms.set(name, new Histogram({ ...described, buckets: [...buckets] }));
    }
  }
}

/** Only what is watched is begun anew: the rest was counted here. */
function collectCounter(numbers: ReadonlyMap<string, Watched>) {
  return async function (this: Counter): Promise<void> {
    if (numbers.size === 0) return;
    const read = await readAll(numbers);
    this.reset();
    for (const { labels, value } of read) if (!Number.isNaN(value)) this.inc(labels, value);
  };
}

function collectGauge(numbers: ReadonlyMap<string, Watched>) {
  return async function (this: Gauge): Promise<void> {
    for (const { labels, value } of await readAll(numbers)) this.set(labels, value);
  };
}

/** What cannot be read is not a number. */
function readAll(numbers: ReadonlyMap<string, Watched>) {
  return Promise.all(
    [...numbers.values()].map(async ({ labels, read }) => ({
      labels,
      value: await readOr(read, Number.NaN),
    })),
  );
}

async function readOr(read: Watched["read"], otherwise: number): Promise<number> {
  try {
    return await read();
  } catch {
    return otherwise;
  }
}

/** With `other` in place of a value that its row does not have. */
function bounded(name: MetricName, labels: Labels): Labels {
  const row: MetricRow | undefined = byName.get(name);
  return Object.fromEntries(
    Object.entries(row?.labels ?? {}).map(([label, values]) => {
      const value = labels[label] ?? "";
      return [label, values.includes(value) ? value : "other"];
    }),
  );
}

const byName: ReadonlyMap<string, MetricRow> = new Map(metricRows.map((row) => [row.name, row]));

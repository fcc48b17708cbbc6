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

/** Of a counter, for one set of labels. */
interface Count {
  value: number;
}

/** Of a histogram, for one set of labels: what was measured, and is not in it yet. */
interface Measured {
  readonly labels: Labels;
  readonly histogram: Histogram;
  waiting: number[];
}

/** As many wait at most before they go into their histogram together, which takes a fraction of one at a time. */
const MOST_WAITING = 512;

/** Whoever counts on a hot path pays for a look into a map, and no more: the rest is done when the metrics are read. */
class PromMetrics implements Metrics {
  readonly #registry: Registry;
  readonly #counts = new LabelledNumbers<Count>();
  readonly #measured = new LabelledNumbers<Measured>();
  readonly #histograms = new Map<string, Histogram>();
  /** By the metric's name and the values of its labels. */
  readonly #watched = new Map<string, Map<string, Watched>>();

  constructor(registry: Registry) {
    this.#registry = registry;
    for (const row of metricRows) this.#add(row);
  }

  count<N extends MetricName<"counter">>(name: N, labels: LabelsOf<N>): void {
    this.#counts.of(name, labels, (within) => this.#newCount(name, within)).value += 1;
  }

  observe<N extends MetricName<"histogram">>(name: N, labels: LabelsOf<N>, value: number): void {
    const measured = this.#measured.of(name, labels, (within) => this.#newMeasured(name, within));
    measured.waiting.push(value);
    if (measured.waiting.length >= MOST_WAITING) settle(measured);
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
    for (const measured of this.#measured.all()) settle(measured);
    return this.#registry.metrics();
  }

  #newCount(name: string, labels: Labels): Count {
    const count: Count = { value: 0 };
    this.#watched.get(name)?.set(JSON.stringify(labels), { labels, read: () => count.value });
    return count;
  }

  #newMeasured(name: string, labels: Labels): Measured {
    const histogram = this.#histograms.get(name);
    if (histogram === undefined) throw new Error(`${name} is no histogram`);
    return { labels, histogram, waiting: [] };
  }

  #add({ name, type, help, labels, buckets = [] }: MetricRow): void {
    const numbers = new Map<string, Watched>();
    this.#watched.set(name, numbers);
    const described = { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
    switch (type) {
      case "counter":
        new Counter({ ...described, collect: collectCounter(numbers) });
        return;
      case "gauge":
        new Gauge({ ...described, collect: collectGauge(numbers) });
        return;
      case "histogram":
        this.#histograms.set(name, new Histogram({ ...described, buckets: [...buckets] }));
    }
  }
}

function settle({ histogram, labels, waiting }: Measured): void {
  for (const value of waiting.splice(0)) histogram.observe(labels, value);
}

/** A number for each metric and each set of its labels, found by the labels as they are given. */
class LabelledNumbers<T> {
  readonly #byName = new Map<string, Map<string, T>>();

  /** `make` is given the labels within their bounds, once for each set of them. */
  of(name: MetricName, labels: Labels, make: (within: Labels) => T): T {
    const numbers = this.#byName.get(name) ?? this.#newNumbers(name);
    const key = Object.values(labels).join(" ");
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const within = bounded(name, labels);
    const boundedKey = Object.values(within).join(" ");
    const number = numbers.get(boundedKey) ?? make(within);
    numbers.set(boundedKey, number);
    // What is out of bounds is counted with others of its kind, and does not make the map grow.
    if (Object.entries(within).every(([label, value]) => labels[label] === value)) numbers.set(key, number);
    return number;
  }

  #newNumbers(name: MetricName): Map<string, T> {
    const numbers = new Map<string, T>();
    this.#byName.set(name, numbers);
    return numbers;
  }

  *all(): Generator<T> {
    for (const numbers of this.#byName.values()) yield* numbers.values();
  }
}

/** Begun anew each time: all of it is counted elsewhere. */
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

import type { MetricRow, metricRows } from "./metric-rows.ts";

type Row = (typeof metricRows)[number];
export type MetricName<T extends MetricRow["type"] = MetricRow["type"]> = Extract<
  Row,
  { readonly type: T }
>["name"];
export type LabelsOf<N extends MetricName> = {
  readonly [L in keyof Extract<Row, { readonly name: N }>["labels"]]: string;
};

/**
 * Numbers for whoever watches over the ACS. There are as many as `metricRows` has room for, and no more, whatever devices
 * and managers do: none has a device in a label.
 */
export interface Metrics {
  count<N extends MetricName<"counter">>(name: N, labels: LabelsOf<N>): void;
  /** A measured value, in the unit of the histogram's name. */
  observe<N extends MetricName<"histogram">>(name: N, labels: LabelsOf<N>, value: number): void;
  /**
   * Has `read` asked whenever the metrics are read, for a gauge or for a counter that somebody else keeps. Whoever watches
   * the same number later takes its place. Where it fails, the number is not known, and the others are.
   */
  watch<N extends MetricName<"gauge" | "counter">>(
    name: N,
    labels: LabelsOf<N>,
    read: () => number | Promise<number>,
  ): void;
  /** All of them, in the text format of Prometheus. */
  text(): Promise<string>;
}

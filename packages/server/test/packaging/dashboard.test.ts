import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promMetrics } from "../../src/main/metrics/prom-metrics.ts";
import { metricRows, type MetricRow } from "../../src/ports/index.ts";

const REPOSITORY = `${import.meta.dirname}/../../../..`;
const dashboard = readFileSync(`${REPOSITORY}/packaging/grafana/heliograph.json`, "utf8");
const guide = readFileSync(`${REPOSITORY}/docs/guides/metrics.md`, "utf8");

/** Put in by Prometheus and by histograms. */
const GIVEN_LABELS = ["instance", "job", "le"];

test("what the dashboard asks for exists, by its name and by its labels", async () => {
  const text = await promMetrics().text();
  const expressions = expressionsOf(JSON.parse(dashboard));
  assert.ok(expressions.length > 30);
  for (const expression of expressions) {
    const names = namesIn(expression);
    assert.ok(names.length > 0, expression);
    for (const name of names) assert.ok(exists(name, text), `${name} in ${expression}`);
    const row = rowOf(names[0] ?? "");
    if (row === undefined) continue;
    const labels = [...Object.keys(row.labels), ...GIVEN_LABELS];
    for (const label of labelsIn(expression)) assert.ok(labels.includes(label), `${label} in ${expression}`);
  }
});

test("every number of the ACS is on the dashboard and in the guide, which speaks of no other", () => {
  const shown = expressionsOf(JSON.parse(dashboard)).flatMap(namesIn).map(plain);
  const told = namesIn(guide).map(plain);
  for (const { name } of metricRows) {
    assert.ok(shown.includes(name), `${name} on the dashboard`);
    assert.ok(told.includes(name), `${name} in the guide`);
  }
  for (const name of told.filter((each) => each.startsWith("heliograph_")))
    assert.ok(rowOf(name) !== undefined, `${name} in the guide is no metric`);
});

/** What stands under the key `expr`, however deep. */
function expressionsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === "expr" && typeof inner === "string" ? [inner] : expressionsOf(inner),
  );
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:heliograph|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
}

function labelsIn(expression: string): readonly string[] {
  const by = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
  const matched = [...expression.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = ""]) => label);
  return [...by, ...matched];
}

/** Without what a histogram's own series end with. */
function plain(name: string): string {
  return rowOf(name)?.name ?? name;
}

function rowOf(name: string): MetricRow | undefined {
  const ends = /_(?:bucket|sum|count)$/;
  return metricRows.find(
    (row) => row.name === name || (row.type === "histogram" && row.name === name.replace(ends, "")),
  );
}

function exists(name: string, text: string): boolean {
  if (name.startsWith("heliograph_")) return rowOf(name) !== undefined;
  return new RegExp(`^# HELP ${name.replace(/_(?:bucket|sum|count)$/, "")} `, "m").test(text);
}
